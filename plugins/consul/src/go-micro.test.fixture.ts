// A program with go-micro's own registry on Consul, in a process of its own.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const fixture = join(__dirname, '..', 'fixtures', 'go-micro');
const inCi = process.env['CI'] === 'true';

/** go-micro's record of a service. */
export interface Service {
  readonly name: string;
  readonly version: string;
  readonly nodes: readonly { id: string; address: string; metadata: Record<string, string> }[];
  readonly [more: string]: unknown;
}

type Told = Readonly<Record<string, unknown>>;

/** Runs Go where the module is. */
function go(...args: string[]): { failed: boolean; said: string } {
  const flags = { GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off' };
  const env = { ...process.env, ...flags };
  const { status, stdout, stderr } = spawnSync('go', args, { cwd: fixture, env, encoding: 'utf8' });
  return { failed: status !== 0, said: `${stdout ?? ''}${stderr ?? ''}`.trim() };
}

/** The program, built once; or why there is none. */
function goProgram(): { readonly path: string } | { readonly lacking: string } {
  if (process.env['MICRO_TEST_PROVISION'] === '0' && !inCi)
    return { lacking: 'MICRO_TEST_PROVISION=0 forbids to build it' };
  const { failed, said } = go('env', 'GOVERSION');
  if (failed) return { lacking: 'there is no Go on the PATH' };
  const [, minor = 0] = /go1\.(\d+)/.exec(said) ?? [];
  if (Number(minor) < 24) return { lacking: `go-micro v5 needs Go 1.24, and this is ${said}` };

  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const name of ['go.mod', 'go.sum', 'main.go'])
    hash.update(readFileSync(join(fixture, name)));
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'micro-ts', `go-micro-consul-${hash.digest('hex').slice(0, 16)}`);
  const path = join(folder, 'peer');
  if (existsSync(path)) return { path };

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

const program = goProgram();

/** `describe`, or a visible skip with the reason where the program cannot be had. */
export function describeWithGo(name: string, tests: () => void): void {
  if ('path' in program) describe(name, tests);
  else describe.skip(`${name} (skipped: ${program.lacking})`, tests);
}

/** go-micro at work. */
export class GoRegistry {
  /** What its watch has told. */
  readonly events: Told[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, (answer: Told) => void>();
  #count = 0;

  /** @param watched the service that it watches. */
  constructor(address: string, watched: string) {
    this.#child = spawn('path' in program ? program.path : '', [address, watched]);
    this.#child.stdin.on('error', () => undefined);
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const told = JSON.parse(line) as Told;
      const settle = this.#waiting.get(Number(told['number']));
      if (settle === undefined) this.events.push(told);
      else settle(told);
    });
  }

  /** Has it do something. */
  async do(what: string, more: object = {}): Promise<unknown> {
    const number = (this.#count += 1);
    const answered = new Promise<Told>((resolve) => this.#waiting.set(number, resolve));
    this.#child.stdin.write(`${JSON.stringify({ number, do: what, ...more })}\n`);
    const { value, error } = await answered;
    this.#waiting.delete(number);
    if (error !== undefined) throw new Error(String(error));
    return value;
  }

  close(): Promise<void> {
    if (this.#child.exitCode !== null) return Promise.resolve();
    const ended = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
    this.#child.kill('SIGKILL');
    return ended;
  }
}
