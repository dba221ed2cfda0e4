// `micro` and its neighbours as processes, from source, each test with a registry of its own.
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const root = join(__dirname, '../../..');
const source = [
  '--conditions=@micro-ts/source',
  '--import',
  join(root, 'node_modules/tsx/dist/loader.mjs'),
];

/** A process at work. */
export interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly output: { out: string; err: string };
  /** Resolves when it has printed what matches; rejects when it ends before, or after 60 s. */
  prints(pattern: RegExp): Promise<string>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** What a command did. */
export interface Done {
  readonly code: number | NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** A system of its own: a folder as its registry, and processes that end with it. */
export class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'micro-cli-'));
  readonly #running = new Set<Running['child']>();

  /** The greeter sample. */
  greeter(): Promise<Running> {
    const folder = join(root, 'samples/greeter/ts');
    return this.#serving(this.#start(join(folder, 'src/main.ts'), [], { cwd: folder }));
  }

  /** `micro sidecar` at a free port. */
  sidecar(env: NodeJS.ProcessEnv = {}): Promise<Running> {
    const folder = join(root, 'toolkit/sidecar');
    const args = ['sidecar', '--address', '127.0.0.1:0'];
    return this.#serving(this.start(args, { cwd: folder, env }));
  }

  start(
    args: readonly string[],
    options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
  ): Running {
    return this.#start(join(root, 'toolkit/cli/bin/micro.mjs'), args, options);
  }

  /** A command from its start to its end. @param input what is piped in; nothing is a closed pipe */
  async micro(line: string, { env = {}, input = '' } = {}): Promise<Done> {
    const args = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(
      ([, quoted, word]) => quoted ?? word ?? '',
    );
    const running = this.start(args, { env });
    running.child.stdin.on('error', () => undefined).end(input);
    const code = await running.ended;
    return { code, ...running.output };
  }

  close(): void {
    for (const child of this.#running) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #start(
    script: string,
    args: readonly string[],
    { env = {}, cwd = this.folder }: { env?: NodeJS.ProcessEnv; cwd?: string },
  ): Running {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(MICRO_|NODE_)/.test(name));
    const child = spawn(process.execPath, [...source, script, ...args], {
      cwd,
      env: {
        ...Object.fromEntries(inherited),
        MICRO_REGISTRY_ADDRESS: join(this.folder, 'nodes'),
        XDG_STATE_HOME: join(this.folder, 'state'),
        TSX_TSCONFIG_PATH: this.#compilerOptions(),
        NO_COLOR: '1',
        ...env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    return follow(child);
  }

  /** Sources of every package have decorators, not only those below the working folder. */
  #compilerOptions(): string {
    const file = join(this.folder, 'tsconfig.json');
    const options = { extends: join(root, 'tsconfig.json'), include: [join(root, '**/*.ts')] };
    writeFileSync(file, JSON.stringify(options));
    return file;
  }

  async #serving(running: Running): Promise<Running> {
    await running.prints(/listens on/);
    return running;
  }
}

function follow(child: Running['child']): Running {
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text));
  let over = false;
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('close', (code, signal) => {
      over = true;
      resolve(code ?? signal);
    }),
  );
  const prints = async (pattern: RegExp): Promise<string> => {
    const began = performance.now();
    for (;;) {
      const all = output.out + output.err;
      const found = pattern.exec(all);
      if (found !== null) return found[1] ?? found[0];
      if (over || performance.now() - began > 60_000)
        throw new Error(`${String(pattern)} was not printed: ${all}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, output, prints, ended };
}
