import { chmodSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { goProgram, needsGo } from './index.ts';
import type { GoProgram, Suite } from './index.ts';

let root: string;
let folder: string;
let said: string;
const before = { ...process.env };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'micro-go-'));
  folder = join(root, 'source');
  mkdirSync(folder);
  for (const name of ['go.mod', 'go.sum', 'main.go']) writeFileSync(join(folder, name), name);
  for (const name of ['CI', 'MICRO_TEST_PROVISION']) delete process.env[name];
  Object.assign(process.env, { PATH: join(root, 'bin'), XDG_CACHE_HOME: join(root, 'cache') });
  said = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, before);
  rmSync(root, { recursive: true });
});

/** A Go of this version; `download` and `build` are what it does then. */
function install(version: string, { download = 'true', build = 'echo built > "$6"' } = {}): void {
  const bin = join(root, 'bin');
  mkdirSync(bin, { recursive: true });
  const script = `#!/bin/sh
    echo "$1" >> ${join(root, 'calls')}
    case "$1" in env) echo ${version};; mod) ${download};; build) ${build};; esac`;
  writeFileSync(join(bin, 'go'), script);
  chmodSync(join(bin, 'go'), 0o755);
}

const program = (): GoProgram => goProgram({ folder, name: 'go-micro-test' });
const calls = (): string[] => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n');

describe('a program of go-micro is lacking', () => {
  it('where nothing may be built', () => {
    install('go1.26.0');
    process.env['MICRO_TEST_PROVISION'] = '0';
    const lacking = 'MICRO_TEST_PROVISION=0 forbids to build it';
    expect(program()).toEqual({ lacking });
    expect(said).toBe(`    go-micro-test: skipped: ${lacking}\n`);
    process.env['CI'] = 'true';
    expect(program()).toHaveProperty('path');
  });

  it('where there is no Go', () => {
    expect(program()).toEqual({ lacking: 'there is no Go on the PATH' });
  });

  it('where Go is too old', () => {
    install('go1.23.4');
    expect(program()).toEqual({ lacking: 'it needs Go 1.24, and this is go1.23.4' });
  });

  it('where its modules cannot be had, unless CI wants everything', () => {
    install('go1.24.0', { download: 'echo some words; echo no network >&2; exit 1' });
    const why = 'its modules cannot be had: no network';
    expect(program()).toEqual({ lacking: why });
    process.env['CI'] = 'true';
    expect(program).toThrow(why);
  });

  it('is a suite that is skipped by name', () => {
    const told: string[] = [];
    const run = (name: string): void => void told.push(`runs: ${name}`);
    const skip = (name: string): void => void told.push(`skips: ${name}`);
    const suite: Suite = Object.assign(run, { skip });
    needsGo(suite, { path: '/peer' })('calls', () => undefined);
    needsGo(suite, { lacking: 'no Go' })('calls', () => undefined);
    needsGo(suite, { lacking: 'no Go' }).skip('calls', () => undefined);
    expect(told).toEqual(['runs: calls', 'skips: calls (skipped: no Go)', 'skips: calls']);
  });
});

describe('a program of go-micro', () => {
  const pathOf = (built: GoProgram): string => ('path' in built ? built.path : built.lacking);

  it('is built once for its sources, and has its name when it is whole', () => {
    install('go1.26.0');
    const path = pathOf(program());
    expect(path).toMatch(/\/cache\/micro-ts\/go-micro-test-[0-9a-f]{16}\/peer$/);
    expect(readdirSync(dirname(path))).toEqual(['peer']);
    expect(pathOf(program())).toBe(path);
    expect(calls()).toEqual(['env', 'mod', 'build', 'env']);
    writeFileSync(join(folder, 'more.go'), 'changed');
    expect(pathOf(program())).not.toBe(path);
    expect(calls().filter((call) => call === 'build')).toHaveLength(2);
  });

  it('that does not build is a failure, and leaves nothing', () => {
    install('go1.26.0', { build: 'echo half > "$6"; echo syntax error >&2; exit 1' });
    expect(program).toThrow('go-micro-test does not build:\nsyntax error');
    const [kept] = readdirSync(join(root, 'cache', 'micro-ts'));
    expect(readdirSync(join(root, 'cache', 'micro-ts', kept ?? ''))).toEqual([]);
  });
});
