import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import type { Suite } from './needs-server.ts';

/** A program that tests talk to, written in Go; or why there is none. */
export type GoProgram = { readonly path: string } | { readonly lacking: string };

/** Where the sources of a program are, and what it is called. */
interface Source {
  /** Folder of its module: go.mod, go.sum and `*.go`. */
  readonly folder: string;
  /** What it is called among those that are kept: `go-micro-etcd`. */
  readonly name: string;
  /** What is built, where that is no source of the folder but a module that it names. */
  readonly target?: string;
}

const say = (name: string, text: string): void =>
  void process.stderr.write(`    ${name}: ${text}\n`);

/**
 * A program in Go that stands on the other side in tests, such as one of go-micro v5. It is built when a test asks for it
 * first, which takes a minute or two and the network, and kept in the user's cache folder until its
 * sources change. Processes may ask at once.
 * @returns what is lacking, if this machine has no Go that it can be built with, or if
 *   `MICRO_TEST_PROVISION=0` forbids to build; the latter, and modules that cannot be had, are no excuse
 *   with `CI=true`
 * @throws Error if the program does not build
 * @example
 * const program = goProgram({ folder: join(__dirname, '..', 'fixtures', 'go-micro'), name: 'go-micro-etcd' });
 */
export function goProgram(source: Source): GoProgram {
  const program = found(source);
  if ('lacking' in program) say(source.name, `skipped: ${program.lacking}`);
  return program;
}

/**
 * `describe`, or what shows its suites as skipped, with the reason, where a program is lacking.
 * @example needsServer(needsGo(describe, program), 'nats')('go-micro over NATS', () => { … });
 */
export function needsGo(describe: Suite, program: GoProgram): Suite {
  if ('path' in program) return describe;
  const { skip } = describe;
  return Object.assign(
    (name: string, body: () => void) => skip(`${name} (skipped: ${program.lacking})`, body),
    { skip },
  );
}

function found({ folder, name, target = '.' }: Source): GoProgram {
  const inCi = process.env['CI'] === 'true';
  if (process.env['MICRO_TEST_PROVISION'] === '0' && !inCi)
    return { lacking: 'MICRO_TEST_PROVISION=0 forbids to build it' };
  const { failed, said } = go(folder, 'env', 'GOVERSION');
  if (failed) return { lacking: 'there is no Go on the PATH' };
  const [, minor = 0] = /go1\.(\d+)/.exec(said) ?? [];
  if (Number(minor) < 24) return { lacking: `it needs Go 1.24, and this is ${said}` };

  const kept = join(cacheFolder(), 'micro-ts', `${name}-${fingerprint(folder)}`);
  const path = join(kept, process.platform === 'win32' ? 'peer.exe' : 'peer');
  if (existsSync(path)) return { path };

  say(name, 'building this program with Go, once: this takes up to two minutes …');
  const began = performance.now();
  const fetched = go(folder, 'mod', 'download');
  if (fetched.failed) {
    const why = `its modules cannot be had: ${fetched.said.split('\n').at(-1) ?? ''}`;
    if (inCi) throw new Error(why);
    return { lacking: why };
  }
  mkdirSync(kept, { recursive: true });
  // Others may build it at the same time: the name is given to a whole file.
  const unfinished = `${path}.${process.pid}`;
  const built = go(folder, 'build', '-trimpath', '-ldflags', '-s -w', '-o', unfinished, target);
  if (built.failed) {
    rmSync(unfinished, { force: true });
    throw new Error(`${name} does not build:\n${built.said}`);
  }
  renameSync(unfinished, path);
  say(name, `built in ${((performance.now() - began) / 1_000).toFixed(0)} s: ${path}`);
  return { path };
}

/** Tells sources and machines apart, in a few characters. */
function fingerprint(folder: string): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  const sources = readdirSync(folder).filter((name) => name.endsWith('.go'));
  for (const name of ['go.mod', 'go.sum', ...sources.sort()])
    hash.update(readFileSync(join(folder, name)));
  return hash.digest('hex').slice(0, 16);
}

/** Runs Go where the module is; what it says is kept. */
function go(folder: string, ...args: string[]): { failed: boolean; said: string } {
  const flags = { GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off' };
  const env = { ...process.env, ...flags };
  const { status, stdout, stderr } = spawnSync('go', args, { cwd: folder, env, encoding: 'utf8' });
  return { failed: status !== 0, said: `${stdout ?? ''}${stderr ?? ''}`.trim() };
}
