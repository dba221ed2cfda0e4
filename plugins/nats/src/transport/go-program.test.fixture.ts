// A program of go-micro v5 whose transport is NATS, built once.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const fixture = join(__dirname, '..', '..', 'fixtures', 'go-transport');
const say = (text: string): void => void process.stderr.write(`    go-micro: ${text}\n`);

function go(...args: string[]): { failed: boolean; said: string } {
  const flags = { GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off' };
  const env = { ...process.env, ...flags };
  const { status, stdout, stderr } = spawnSync('go', args, { cwd: fixture, env, encoding: 'utf8' });
  return { failed: status !== 0, said: `${stdout ?? ''}${stderr ?? ''}`.trim() };
}

/** Its path, or why there is none. */
export function goProgram(): { readonly path: string } | { readonly lacking: string } {
  const inCi = process.env['CI'] === 'true';
  if (process.env['MICRO_TEST_PROVISION'] === '0' && !inCi) {
    return { lacking: 'MICRO_TEST_PROVISION=0 forbids to build it' };
  }
  const version = go('env', 'GOVERSION');
  if (version.failed) return { lacking: 'there is no Go on the PATH' };
  const [, minor = 0] = /go1\.(\d+)/.exec(version.said) ?? [];
  if (Number(minor) < 24) return { lacking: `go-micro v5 needs Go 1.24, not ${version.said}` };
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const name of ['go.mod', 'go.sum', 'main.go'])
    hash.update(readFileSync(join(fixture, name)));
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'micro-ts', `go-transport-${hash.digest('hex').slice(0, 16)}`);
  const path = join(folder, 'peer');
  if (existsSync(path)) return { path };
  say('building a program of go-micro v5.30.0 over NATS, once …');
  const fetched = go('mod', 'download');
  if (fetched.failed) {
    const why = `its modules cannot be had: ${fetched.said.split('\n').at(-1) ?? ''}`;
    if (inCi) throw new Error(why);
    return { lacking: why };
  }
  mkdirSync(folder, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  const built = go('build', '-trimpath', '-ldflags', '-s -w', '-o', unfinished, '.');
  if (built.failed) throw new Error(`the go-micro program does not build:\n${built.said}`);
  renameSync(unfinished, path);
  return { path };
}
