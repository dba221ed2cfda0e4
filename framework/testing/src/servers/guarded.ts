import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { pause, until } from '../expect.ts';
import { isStopped } from './is-stopped.ts';

/** What is to run, and where. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** For `sh`, to which the program is `$0`, in place of the program itself. */
  readonly script?: string | undefined;
  readonly folder: string;
  /** Descriptor of the file that takes what it prints. */
  readonly log: number;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * What waits for the end of a pipe whose other end is ours: it comes when we end, however we do. An
 * `exit` event would not do: runners kill their workers, and Jest never tells its tests.
 */
const watch = 'read -r word || { kill -9 -"$0"; sleep 0.1; rm -rf "$1"; }';

/**
 * A process group that does not outlive this process, nor does its folder. It keeps nobody from ending.
 */
export class Guarded {
  readonly child: ChildProcess;
  readonly #guard: ChildProcess | undefined;

  constructor({ program, args, script, folder, log, env }: Command) {
    const [command, given] =
      script === undefined ? [program, args] : ['sh', ['-c', script, program, ...args]];
    this.child = spawn(command, given, {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
      // A group of its own: some servers are started by scripts that stay.
      detached: true,
    });
    this.child.unref();
    const { pid } = this.child;
    this.#guard = pid === undefined ? undefined : startGuard(pid, folder);
  }

  /** Sends a signal to the whole group; nothing if it is gone. */
  signal(name: NodeJS.Signals): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // Nobody is left.
    }
  }

  /** Stops the group, to be told `SIGCONT`; resolves when nothing of it runs any more. */
  async freeze(): Promise<void> {
    const { pid } = this.child;
    this.signal('SIGSTOP');
    if (pid === undefined) return;
    if (isStopped(pid) === undefined) await pause(unseen);
    else await until(() => isStopped(pid) === true);
  }

  /** Kills the group; resolves when nobody of it is left. */
  async kill(): Promise<void> {
    const { child } = this;
    const isGone = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
    const gone = isGone ? undefined : new Promise((resolve) => child.once('exit', resolve));
    child.ref(); // so that there is somebody to hear of it
    this.signal('SIGKILL');
    await gone;
    (this.#guard?.stdin as Socket | undefined)?.end('done\n');
    const start = performance.now();
    while (isAlive(child.pid) && performance.now() - start < patience)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function startGuard(group: number, folder: string): ChildProcess {
  const guard = spawn('sh', ['-c', watch, `${group}`, folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => undefined).unref();
  (guard.stdin as Socket).on('error', () => undefined).unref();
  return guard;
}

/** How long, in ms, what was stopped is given where nothing shows it. */
const unseen = 100;

/** Longest wait, in ms, for what was killed: where nobody buries the dead, they count as alive. */
const patience = 2_000;

function isAlive(group: number | undefined): boolean {
  if (group === undefined) return false;
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}
