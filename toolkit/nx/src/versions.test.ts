import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linter, microVersion, runtime, tools } from './versions.ts';

interface Manifest {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = (path: string): Manifest =>
  JSON.parse(readFileSync(join(__dirname, '../../..', path), 'utf8')) as Manifest;

describe('versions that are installed', () => {
  it('are those that Micro is tested with', () => {
    const own = manifest('package.json').devDependencies;
    const all = { ...runtime, ...tools, ...linter };
    const tested = Object.entries(all).filter(([name]) => name in own);
    expect(tested.length).toBeGreaterThan(8);
    expect(Object.fromEntries(tested)).toEqual(
      Object.fromEntries(tested.map(([name]) => [name, own[name]])),
    );
  });

  it('have all packages of Micro at one version', () => {
    expect(manifest('framework/micro/package.json').version).toBe(microVersion);
  });
});
