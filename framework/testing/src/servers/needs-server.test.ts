import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, howToInstall, needsServer, serverCache, serverUrl } from './index.ts';
import type { Suite } from './index.ts';

let folder: string;
const before = { ...process.env };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'micro-programs-'));
  for (const name of ['CI', 'MICRO_TEST_CONSUL_URL']) delete process.env[name];
  // A machine without Consul, whatever this one has.
  Object.assign(process.env, { PATH: folder, MICRO_TEST_CACHE: join(folder, 'cache') });
});
afterEach(() => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, before);
  rmSync(folder, { recursive: true });
});

/** What becomes of a suite that is called `suite`. */
function outcome(own = false): string {
  let found = '';
  const run = (name: string): void => void (found = `runs: ${name}`);
  const skip = (name: string): void => void (found = `skipped: ${name}`);
  const suite: Suite = Object.assign(run, { skip });
  needsServer(suite, 'consul', own)('suite', () => undefined);
  return found;
}

describe('a suite that needs a server', () => {
  it('is skipped by name where there is none', () => {
    expect(outcome()).toBe('skipped: suite (needs consul)');
    expect(outcome(true)).toBe('skipped: suite (needs consul)');
  });

  it('runs with an address, unless it has to stop the server', async () => {
    process.env['MICRO_TEST_CONSUL_URL'] = 'http://127.0.0.1:8500';
    expect(outcome()).toBe('runs: suite');
    expect(outcome(true)).toBe('skipped: suite (needs consul as a program, to stop it)');
    expect(await serverUrl('consul')).toBe('http://127.0.0.1:8500');
  });

  it('runs, to fail, where CI wants everything', async () => {
    process.env['CI'] = 'true';
    expect(outcome()).toBe('runs: suite');
    expect(outcome(true)).toBe('runs: suite');
    await expect(serverUrl('consul')).rejects.toThrow('there is no consul on this machine');
  });
});

describe('the program of a server', () => {
  const program = (name: string): string => {
    const path = join(folder, name);
    writeFileSync(path, '#!/bin/sh\n');
    chmodSync(path, 0o755);
    return path;
  };

  it('is found on the PATH, and only if it can be run', () => {
    const path = program('consul');
    expect(findProgram('consul')).toBe(path);
    chmodSync(path, 0o644);
    expect(findProgram('consul')).toBeUndefined();
  });

  it('is found among those that were built for the tests', () => {
    process.env['MICRO_TEST_CACHE'] = folder;
    const built = program('consul-1.14.11');
    expect(findProgram('consul')).toBe(built);
  });

  it('is kept outside of the checkout', () => {
    expect(serverCache()).toBe(join(folder, 'cache'));
    process.env['MICRO_TEST_CACHE'] = '';
    process.env['XDG_CACHE_HOME'] = join(folder, 'xdg');
    expect(serverCache()).toBe(join(folder, 'xdg', 'micro-ts', 'servers'));
  });

  it('is to be had', () => {
    expect(howToInstall('etcd')).toBe('apt-get install etcd-server, or brew install etcd');
    expect(howToInstall('consul')).toMatch(/^brew install consul/);
  });
});
