import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { optionsFor } from './child/tsconfig.ts';
import type { Log } from './log.ts';
import { readReport, stopMessage } from './messages.ts';
import type { ServedNode } from './messages.ts';
import type { Program } from './program.ts';

/** What programs are started with. */
export interface LaunchParts {
  readonly log: Log;
  readonly variables: (program: Program) => Readonly<Record<string, string | undefined>>;
}

/** How a process came to its end. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It could not listen where something else does. */
  readonly portTaken: boolean;
}

/** One process of a program. */
export interface Launched {
  readonly pid: number | undefined;
  /** On the clock of `performance.now()`. */
  readonly began: number;
  /** What its apps serve so far. */
  readonly nodes: readonly ServedNode[];
  /** Files of its own that it has loaded so far. */
  readonly files: ReadonlySet<string>;
  readonly ended: Promise<End>;
  /** Called whenever an app of it serves. */
  onServing: () => void;
  /** Asks it to stop, and kills it with all that it started if that takes longer than `timeout` ms. */
  stop(timeout: number): Promise<End & { readonly killed: boolean }>;
}

/** In a checkout the files of this package are source; whoever loads them here loads them there too. */
const ending = extname(fileURLToPath(import.meta.url));
const loaders = ending === '.ts' ? process.execArgv : [];
const register = new URL(`./child/register${ending}`, import.meta.url);
const serveClasses = fileURLToPath(new URL(`./child/serve-classes${ending}`, import.meta.url));
const windows = process.platform === 'win32';

/** What is printed by those who find their port taken: Node, and Micro. */
const taken = /EADDRINUSE|^Cannot start: .* is taken\b/;

/** Starts a process of a program, with a loader for TypeScript. */
export function launch(program: Program, parts: LaunchParts): Launched {
  const { log } = parts;
  const child = spawnProgram(program, parts);
  const nodes: ServedNode[] = [];
  const files = new Set([program.file]);
  let portTaken = false;
  const { stdout, stderr } = child as { stdout: Readable; stderr: Readable }; // as `stdio` has it
  log.follow(program.name, stdout, stderr, (line) => (portTaken ||= taken.test(line)));
  child.on('message', (message) => {
    const report = readReport(message);
    if (report?.kind === 'loaded') for (const file of report.files) files.add(file);
    if (report?.kind !== 'serving') return;
    nodes.push(...report.nodes);
    launched.onServing();
  });
  const signal = (name: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      if (windows || name === 'SIGTERM') child.kill(name);
      else process.kill(-child.pid, name);
    } catch {
      // It has ended.
    }
  };
  const ended = new Promise<End>((resolve) => {
    child.on('error', (error) => {
      if (child.pid !== undefined) return; // a message or a signal came too late
      log.say(`${program.name} cannot be started: ${error.message}`);
      resolve({ code: 1, signal: null, portTaken });
    });
    // What it has started may still be there, and hold its output open.
    child.once('exit', () => signal('SIGKILL'));
    child.once('close', (code, name) => resolve({ code, signal: name, portTaken }));
  });
  const stop: Launched['stop'] = async (timeout) => {
    let killed = false;
    if (windows && child.connected) child.send(stopMessage);
    else signal('SIGTERM');
    const timer = setTimeout(() => {
      killed = true;
      signal('SIGKILL');
    }, timeout);
    const end = await ended;
    clearTimeout(timer);
    return { ...end, killed };
  };
  const launched: Launched = {
    ...{ pid: child.pid, began: performance.now(), nodes, files, ended, stop },
    onServing: () => undefined,
  };
  return launched;
}

function spawnProgram(program: Program, { log, variables }: LaunchParts): ChildProcess {
  const main = program.kind === 'services' ? [serveClasses, program.file] : [program.file];
  const flags = [...loaders, ...conditions(program), '--import', register.href];
  return spawn(process.execPath, ['--enable-source-maps', ...flags, ...main], {
    cwd: program.folder,
    env: { ...variables(program), ...(log.coloured && { FORCE_COLOR: '1' }) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own: Ctrl-C is for us, and a kill for all that it started.
    detached: !windows,
    windowsHide: true,
  });
}

/** Export conditions: those of this process, and those by which the compiler finds sources. */
function conditions({ file }: Program): readonly string[] {
  const own = process.execArgv.flatMap((flag, at, all) => {
    if (/^(-C|--conditions)$/.test(flag)) return [all[at + 1] ?? ''];
    return /^--conditions=/.test(flag) ? [flag.slice('--conditions='.length)] : [];
  });
  const all = new Set([...own, ...(optionsFor(file, new Map())?.customConditions ?? [])]);
  return [...all].map((condition) => `--conditions=${condition}`);
}
