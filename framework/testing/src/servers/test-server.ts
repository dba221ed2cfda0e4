import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerUnderTest } from '../server-under-test.ts';
import type { Place, Recipe, ServerKind } from './recipes.ts';

/** What a server is run with. */
export interface Run {
  readonly kind: ServerKind;
  readonly recipe: Recipe;
  readonly program: string;
  readonly place: Place;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A real server in a process of its own, on loopback, in a temporary folder. */
export class TestServer implements ServerUnderTest {
  readonly kind: ServerKind;
  readonly host = '127.0.0.1';
  readonly port: number;
  /** What a plugin is given to reach it. */
  readonly url: string;
  readonly folder: string;
  readonly #run: Run;
  #child: ChildProcess | undefined = undefined;
  #failed = false;
  readonly #atExit = (): void => this.#signal('SIGKILL');

  constructor(run: Run) {
    const [port = 0] = run.place.ports;
    this.kind = run.kind;
    this.port = port;
    this.url = run.recipe.url(port);
    this.folder = run.place.folder;
    this.#run = run;
    process.on('exit', this.#atExit);
  }

  /** What it has written so far. */
  get log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  /**
   * Starts it on the same ports, with what it kept; resolves when it answers.
   * @throws Error with the end of its log if it does not
   */
  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    const { recipe, program, args, env } = this.#run;
    const log = openSync(this.#logFile, 'a');
    // A group of its own: some servers are started by scripts that stay.
    const { script } = recipe;
    const [command, given] =
      script === undefined ? [program, args] : ['sh', ['-c', script, program, ...args]];
    const child = spawn(command, given, {
      cwd: this.folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    let ended: string | undefined;
    child.once('exit', (code, signal) => (ended = `it ended with ${code ?? signal}`));
    child.once('error', (error) => (ended = error.message));
    child.unref();
    const start = performance.now();
    while (!(await recipe.ready(this.port))) {
      const late = performance.now() - start > recipe.patience;
      if (ended === undefined && !late) {
        await pause(25);
        continue;
      }
      this.#failed = true;
      await this.stop();
      const why = ended ?? `no answer in ${recipe.patience} ms`;
      throw new Error(
        `${this.kind} did not start: ${why}. Its log, ${this.#logFile}, ends:\n` +
          this.log.slice(-2_000),
      );
    }
  }

  /** Kills it with SIGKILL; resolves when it is gone. What it kept stays. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const gone =
      child.exitCode !== null || child.signalCode !== null
        ? Promise.resolve()
        : new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
    signal(child, 'SIGKILL');
    await gone;
    while (isAlive(child.pid)) await pause(5);
  }

  /** Takes away what it kept; to be called while it is stopped. */
  async wipe(): Promise<void> {
    rmSync(join(this.folder, this.#run.recipe.data), { recursive: true, force: true });
  }

  /** SIGSTOP: its sockets stay open, and nothing answers. */
  async freeze(): Promise<void> {
    this.#signal('SIGSTOP');
    await pause(20);
  }

  async thaw(): Promise<void> {
    this.#signal('SIGCONT');
  }

  /** Kills it and removes its folder, unless it failed: then its log is worth reading. */
  async close(): Promise<void> {
    await this.stop();
    process.off('exit', this.#atExit);
    if (!this.#failed) rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  get #logFile(): string {
    return join(this.folder, 'server.log');
  }

  #signal(name: NodeJS.Signals): void {
    if (this.#child !== undefined) signal(this.#child, name);
  }
}

/** To the whole group; nothing if it is gone. */
function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // Nobody is left.
  }
}

/** Whether any process of a group runs. */
function isAlive(group: number | undefined): boolean {
  if (group === undefined) return false;
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}
