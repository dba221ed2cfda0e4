// The greeter's programs in every language, as processes that share a registry.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goProgram } from '@micro-ts/testing/servers';

type Command = readonly [program: string, ...args: string[]];

/** The programs of one language. */
export interface Language {
  readonly name: string;
  readonly server: Command;
  readonly client: Command;
  readonly listener: Command;
  /** What this machine has not; its tests are skipped then. */
  readonly lacking?: string | undefined;
}

const samples = join(__dirname, '..', '..');
const root = join(samples, '..', '..');
const node: Command = [process.execPath, '--conditions=@micro-ts/source', '--import', 'tsx'];

const scripts = (name: string, program: string, ending: string, required: boolean): Language => {
  const found = spawnSync(program, ['--version']).status === 0;
  const script = (role: string): Command => [
    program,
    join(samples, name.toLowerCase(), `${role}.${ending}`),
  ];
  return {
    name,
    ...{ server: script('server'), client: script('client'), listener: script('listener') },
    lacking: found || (required && process.env['CI'] === 'true') ? undefined : `no ${program}`,
  };
};

/** @param registry what all share; Go has no `local` one */
export function languagesWith(registry: string): readonly Language[] {
  return [typescript(), scripts('Python', 'python3', 'py', true), ruby(), go(registry)];
}

const ruby = (): Language => scripts('Ruby', 'ruby', 'rb', false);

function typescript(): Language {
  const program = (name: string): Command => [...node, join(__dirname, `${name}.ts`)];
  return {
    name: 'TypeScript',
    ...{ server: program('main'), client: program('client'), listener: program('subscriber') },
  };
}

function go(registry: string): Language {
  const program =
    registry === 'local'
      ? { lacking: 'go-micro knows no registry that is here: install etcd' }
      : goProgram({ folder: join(samples, 'go'), name: 'greeter' });
  const path = 'path' in program ? program.path : '';
  return {
    name: 'Go',
    ...{ server: [path, 'server'], client: [path, 'client'], listener: [path, 'listener'] },
    lacking: 'lacking' in program ? program.lacking : undefined,
  };
}

/** `micro sidecar` from source. */
export const sidecarAt = (address: string): Command => [
  ...node,
  join(root, 'toolkit/cli/bin/micro.mjs'),
  ...['sidecar', '--address', address],
];

/**
 * A `tsconfig.json` for the sidecar from source, in `folder`: that of a package holds for its own files
 * only, and the sidecar is made of several.
 */
export function compilerOptions(folder: string): string {
  const path = join(folder, 'tsconfig.json');
  const include = [join(root, '**/*.ts')];
  writeFileSync(path, JSON.stringify({ extends: join(root, 'tsconfig.json'), include }));
  return path;
}

/** A process, and what it has printed so far. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output = '';

  constructor([program, ...args]: Command, env: NodeJS.ProcessEnv) {
    const { NODE_OPTIONS: _, ...inherited } = process.env;
    const cwd = join(__dirname, '..');
    this.child = spawn(program, args, { cwd, env: { ...inherited, ...env } });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk) => (this.output += String(chunk)));
    this.child.on('error', ({ message }) => (this.output += message));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** What the pattern finds, as soon as it does. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    let found: RegExpExecArray | null = null;
    const what = (): string => `${String(pattern)} in: ${this.output}`;
    await until(what, () => (found = pattern.exec(this.output)) !== null);
    return found as unknown as RegExpExecArray;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** Waits until something is so. */
export async function until(
  what: () => string,
  test: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await test())) {
    if (performance.now() > end) throw new Error(`never ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
