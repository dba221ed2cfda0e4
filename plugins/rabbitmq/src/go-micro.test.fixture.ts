// A program of go-micro on RabbitMQ, in a process of its own.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterwards, until } from './scene.test.fixture.ts';

const fixture = join(__dirname, '..', 'fixtures', 'go-micro');
const say = (text: string): void => void process.stderr.write(`    go-micro: ${text}\n`);

/** Runs Go where the module is; what it says is kept. */
function go(...args: string[]): { failed: boolean; said: string } {
  const flags = { GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off' };
  const env = { ...process.env, ...flags };
  const { status, stdout, stderr } = spawnSync('go', args, { cwd: fixture, env, encoding: 'utf8' });
  return { failed: status !== 0, said: `${stdout ?? ''}${stderr ?? ''}`.trim() };
}

/** The program, built once; or why there is none. */
function build(): { readonly path: string } | { readonly lacking: string } {
  const inCi = process.env['CI'] === 'true';
  if (process.env['MICRO_TEST_PROVISION'] === '0' && !inCi)
    return { lacking: 'MICRO_TEST_PROVISION=0 forbids to build it' };
  const { failed, said } = go('env', 'GOVERSION');
  if (failed) return { lacking: 'there is no Go on the PATH' };
  const [, minor = 0] = /go1\.(\d+)/.exec(said) ?? [];
  if (Number(minor) < 24) return { lacking: `go-micro v5 needs Go 1.24, and this is ${said}` };
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const name of ['go.mod', 'go.sum', 'main.go'])
    hash.update(readFileSync(join(fixture, name)));
  const caches = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(caches, 'micro-ts', `go-micro-rabbitmq-${hash.digest('hex').slice(0, 16)}`);
  const path = join(folder, 'peer');
  if (existsSync(path)) return { path };
  say('building a program of go-micro v5.30.0 for RabbitMQ, once: this takes a minute …');
  const fetched = go('mod', 'download');
  if (fetched.failed) {
    const why = `its modules cannot be had: ${fetched.said.split('\n').at(-1) ?? ''}`;
    if (inCi) throw new Error(why);
    return { lacking: why };
  }
  mkdirSync(folder, { recursive: true });
  const unfinished = `${path}.${process.pid}`; // two test runs may build at once
  const built = go('build', '-trimpath', '-ldflags', '-s -w', '-o', unfinished, '.');
  if (built.failed) throw new Error(`the go-micro program does not build:\n${built.said}`);
  renameSync(unfinished, path);
  return { path };
}

const program = build();

/** What the program tells. */
export type Told = Readonly<Record<string, unknown>>;

/** One program at work. */
export class GoPeer {
  readonly #child: ChildProcess;
  readonly events: Told[] = [];
  readonly #answers = new Map<number, Told>();
  #count = 0;

  constructor(server: string) {
    const path = 'path' in program ? program.path : '';
    this.#child = spawn(path, ['-server', server], { stdio: ['pipe', 'pipe', 'ignore'] });
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      const told = JSON.parse(line) as Told;
      const number = told['number'] as number | undefined;
      if (number === undefined) this.events.push(told);
      else this.#answers.set(number, told);
    });
    afterwards(() => this.kill());
  }

  /** Has it do something. */
  async do(what: string, more: object = {}): Promise<void> {
    const number = (this.#count += 1);
    this.#child.stdin?.write(`${JSON.stringify({ number, do: what, ...more })}\n`);
    await until(`an answer to ${what}`, () => this.#answers.has(number));
    const error = this.#answers.get(number)?.['error'];
    if (error !== undefined) throw new Error(String(error));
  }

  /** Resolves when it works. */
  async ready(): Promise<this> {
    await until('go-micro is ready', () => this.events.length > 0);
    return this;
  }

  /** The events that came to its subscribers. */
  get delivered(): readonly Told[] {
    return this.events.filter(({ event }) => event === 'delivered');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** `describe`, or a visible skip with the reason where the program cannot be had. */
export function describeWithGo(name: string, tests: () => void): void {
  if ('path' in program) return describe(name, tests);
  say(`skipped: ${program.lacking}`);
  describe.skip(`${name} (skipped: ${program.lacking})`, tests);
}
