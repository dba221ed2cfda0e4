// Projects as users have them, in folders of their own, and the built `micro` at work in them.
import { execFile, spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

const cli = join(__dirname, '../..');
const root = join(cli, '../..');

/** Builds `micro`, as users have it. */
export const buildCli = (): Promise<unknown> =>
  promisify(execFile)(process.execPath, [join(root, 'scripts/build.mjs'), 'toolkit/cli']);

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for what must come; a minute at most. */
export async function until(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await test())) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await pause(20);
  }
}

/** A `micro` that runs. */
export interface Running {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** All that it printed so far. */
  output(): string;
  out(): string;
  /** Resolves when it has printed that since `from`, an earlier length of the output. */
  prints(pattern: RegExp, from?: number): Promise<RegExpExecArray>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>;
}

const tsconfig = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
  },
};

/** A folder with a registry of its own, in which packages of ours are installed. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'micro-cli-'));
  readonly nodes = join(this.folder, 'nodes');
  readonly config = { registry: ['local', { folder: this.nodes }] };
  readonly #running = new Set<Running>();

  constructor(files: Readonly<Record<string, string>> = {}) {
    this.write('package.json', '{"type":"module","name":"project"}');
    this.write('tsconfig.json', JSON.stringify(tsconfig));
    this.write('micro.config.json', JSON.stringify(this.config));
    this.link('micro-ts', 'framework/micro');
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  write(name: string, text: string): string {
    const file = join(this.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** Installs a package of the checkout. */
  link(name: string, folder: string): void {
    const place = join(this.folder, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(root, folder), place);
  }

  micro(args: readonly string[], env: Record<string, string> = {}): Running {
    const { NODE_OPTIONS: _, FORCE_COLOR: __, ...inherited } = process.env;
    const child = spawn(process.execPath, [join(cli, 'bin/micro.mjs'), ...args], {
      cwd: this.folder,
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [all, out] = ['', ''];
    child.stdout.on('data', (chunk) => ((all += String(chunk)), (out += String(chunk))));
    child.stderr.on('data', (chunk) => (all += String(chunk)));
    const ended = new Promise<number | string | null>((resolve) =>
      child.once('close', (code, signal) => resolve(code ?? signal)),
    );
    const prints = async (pattern: RegExp, from = 0): Promise<RegExpExecArray> => {
      let found: RegExpExecArray | null = null;
      const look = (): boolean => (found = pattern.exec(all.slice(from))) !== null;
      await until(`${pattern} in ${all}`, look).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${all}`);
      });
      return found as unknown as RegExpExecArray;
    };
    const running = { process: child, output: () => all, out: () => out, prints, ended };
    this.#running.add(running);
    return running;
  }

  /** Ends what still runs, its programs first, and removes the folder. */
  async clear(): Promise<void> {
    for (const { process, ended } of this.#running) {
      process.kill('SIGTERM');
      const timer = setTimeout(() => process.kill('SIGKILL'), 12_000);
      await ended;
      clearTimeout(timer);
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
