// Programs that run as a user's would: as JavaScript under plain Node, without any loader.
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { link } from './packages.test.fixture.ts';

const require = createRequire(join(process.cwd(), 'package.json'));

/** Compiles a fixture of this folder, and micro-ts with it, into `folder`; returns its path. */
export function build(folder: string, fixture: string): string {
  const esbuild = join(dirname(require.resolve('esbuild/package.json')), 'bin', 'esbuild');
  const banner =
    "import { createRequire as $r } from 'node:module'; const require = $r(import.meta.url);";
  execFileSync(esbuild, [
    join(__dirname, `${fixture}.test.fixture.ts`),
    '--bundle',
    '--splitting',
    '--platform=node',
    '--format=esm',
    '--keep-names',
    '--conditions=@micro-ts/source',
    '--external:jiti',
    '--external:class-validator',
    '--external:class-transformer',
    `--banner:js=${banner}`,
    '--log-level=error',
    '--out-extension:.js=.mjs',
    `--outdir=${folder}`,
  ]);
  link(folder, 'jiti', 'class-validator', 'class-transformer');
  return join(folder, `${fixture}.test.fixture.mjs`);
}

/** A program at work. */
export interface Program {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  readonly output: { out: string; err: string };
  /** Resolves when what it printed matches; rejects if it ends, or after 20 s. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>;
}

const started = new Set<Program['process']>();
afterAll(() => started.forEach((child) => child.kill('SIGKILL')));

/** Starts a program with Node. */
export function start(
  script: string,
  { args = [], env = {} }: { args?: readonly string[]; env?: Record<string, string> } = {},
): Program {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [script, ...args], {
    cwd: dirname(script),
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.add(child);
  const output = { out: '', err: '' };
  const listeners = new Set<() => void>();
  const tell = (): void => listeners.forEach((listener) => listener());
  child.stdout.on('data', (chunk) => ((output.out += String(chunk)), tell()));
  child.stderr.on('data', (chunk) => ((output.err += String(chunk)), tell()));
  const ended = new Promise<number | string | null>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );
  const prints = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(output.out) ?? pattern.exec(output.err);
        if (found !== null) done(() => resolve(found));
      };
      const fail = (why: string) => (): void =>
        done(() => reject(new Error(`${why}: ${pattern} in ${output.out}${output.err}`)));
      const timer = setTimeout(fail('not in time'), 20_000);
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        listeners.delete(look);
        settle();
      };
      listeners.add(look);
      look();
      void ended.then(fail('it ended'));
    });
  return { process: child, output, prints, ended };
}
