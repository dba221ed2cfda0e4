// Programs that run as a user's would: as JavaScript under plain Node, without any loader.
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const installed = join(__dirname, '../../../node_modules');

/** A folder for programs, with a registry of its own, that is removed after the tests of the file. */
export function programFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'micro-nest-')));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(installed, join(folder, 'node_modules'));
  const config = { registry: ['local', { folder: join(folder, 'nodes') }] };
  writeFileSync(join(folder, 'micro.config.json'), JSON.stringify(config));
  return folder;
}

/** Compiles a fixture, and what is ours with it; returns its path. */
export function build(folder: string, fixture: string): string {
  const esbuild = join(dirname(require.resolve('esbuild/package.json')), 'bin', 'esbuild');
  const foreign = ['@nestjs/*', 'rxjs', 'reflect-metadata', 'jiti', 'class-*'];
  execFileSync(esbuild, [
    join(__dirname, `${fixture}.test.fixture.ts`),
    ...['--bundle', '--splitting', '--platform=node', '--format=esm', '--keep-names'],
    ...['--conditions=@micro-ts/source', '--log-level=error', '--out-extension:.js=.mjs'],
    ...foreign.map((name) => `--external:${name}`),
    "--banner:js=import { createRequire as $r } from 'node:module'; const require = $r(import.meta.url);",
    `--outdir=${folder}`,
  ]);
  return join(folder, `${fixture}.test.fixture.mjs`);
}

/** A program at work. */
export interface Program {
  readonly process: ChildProcess;
  readonly output: () => string;
  /** Resolves when what it printed matches; rejects if it ends, or after 30 s. */
  prints(pattern: RegExp): Promise<string>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>;
}

const started = new Set<ChildProcess>();
afterAll(() => started.forEach((child) => child.kill('SIGKILL')));

/** Starts a program with Node, in its folder. */
export function start(script: string, env: Record<string, string> = {}): Program {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [script], {
    cwd: dirname(script),
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.add(child);
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += String(chunk);
      listeners.forEach((listener) => listener());
    });
  const ended = new Promise<number | string | null>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );
  const prints = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(output);
        if (found !== null) resolve(found[1] ?? found[0]);
      };
      const fail = (why: string) => (): void => reject(new Error(`${why}: ${pattern}: ${output}`));
      setTimeout(fail('not in time'), 30_000).unref();
      listeners.add(look);
      look();
      void ended.then(fail('it ended'));
    });
  return { process: child, output: () => output, prints, ended };
}
