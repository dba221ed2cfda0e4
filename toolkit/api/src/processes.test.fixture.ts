// Gateways and services in processes of their own, run from source.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ApiOptions } from './options.ts';

/** A process that runs. */
export interface Program {
  readonly child: ChildProcess;
  /** The next line, or one that came already, that matches. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<number | string | null>;
}

/** A registry in a folder, and what runs in it. */
export class Cluster {
  readonly #folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  readonly #programs: Program[] = [];

  async service(): Promise<Program> {
    const program = this.#start('service', {});
    await program.prints(/^listening/m);
    return program;
  }

  async gateway(options: ApiOptions = {}): Promise<Program & { readonly port: number }> {
    const program = this.#start('gateway', { address: '127.0.0.1:0', ...options });
    const [, port] = await program.prints(/^listening .*:(\d+)$/m);
    return { ...program, port: Number(port) };
  }

  async close(): Promise<void> {
    for (const { child } of this.#programs) child.kill('SIGKILL');
    await Promise.all(this.#programs.map(({ ended }) => ended));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(what: string, options: ApiOptions): Program {
    const source = ['--expose-gc', '--conditions=@micro-ts/source', '--import', 'tsx'];
    const registry = ['local', { folder: join(this.#folder, 'nodes') }];
    const config = { registry, log: 'error', limits: { callsPerConnection: 20_000 } };
    const { NODE_OPTIONS: _, ...inherited } = process.env;
    const env = {
      ...inherited,
      TSX_TSCONFIG_PATH: this.#compilerOptions(),
      PROGRAM_CONFIG: JSON.stringify(config),
      PROGRAM_OPTIONS: JSON.stringify(options),
    };
    const child = spawn(
      process.execPath,
      [...source, join(__dirname, 'program.test.fixture.ts'), what],
      { env, cwd: join(__dirname, '..'), stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const program = follow(child);
    this.#programs.push(program);
    return program;
  }

  /** Those of a package hold for its own files only. */
  #compilerOptions(): string {
    const path = join(this.#folder, 'tsconfig.json');
    const extended = join(__dirname, '..', '..', '..', 'tsconfig.json');
    const include = [join(dirname(extended), '**', '*.ts')];
    writeFileSync(path, JSON.stringify({ extends: extended, include }));
    return path;
  }
}

function follow(child: ChildProcess): Program {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => (output += String(chunk)));
  const prints = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (const end = performance.now() + 60_000; ;) {
      const found = pattern.exec(output);
      if (found !== null) return found;
      if (performance.now() > end || child.exitCode !== null)
        throw new Error(`${pattern} was not printed: ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const ended = new Promise<number | string | null>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );
  return { child, prints, ended };
}
