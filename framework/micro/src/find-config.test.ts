import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { configNames, entryFolder, findConfig } from './find-config.ts';
import { temporaryFolder, write } from './packages.test.fixture.ts';

const folder = temporaryFolder();
const inner = join(folder, 'a/b/c');

beforeAll(() => mkdirSync(inner, { recursive: true }));

describe('findConfig', () => {
  it('finds nothing where there is nothing', () => {
    expect(findConfig(inner)).toBeUndefined();
  });

  it('prefers ts, js, mjs, json in a folder, and a nearer folder to a farther one', () => {
    for (const name of [...configNames].reverse()) {
      const file = write(folder, name, '');
      expect(findConfig(inner)).toBe(file);
    }
    const nearer = write(folder, 'a/b/micro.config.json', '{}');
    expect(findConfig(inner)).toBe(nearer);
    expect(findConfig(join(folder, 'a'))).toBe(join(folder, 'micro.config.ts'));
  });
});

describe('entryFolder', () => {
  it('is the folder of the program, without links', () => {
    const file = write(folder, 'app/main.js', '');
    symlinkSync(file, join(folder, 'bin'));
    expect(entryFolder(file)).toBe(join(folder, 'app'));
    expect(entryFolder(join(folder, 'bin'))).toBe(join(folder, 'app'));
    expect(entryFolder(join(folder, 'app/main'))).toBe(join(folder, 'app'));
    expect(entryFolder(join(folder, 'app'))).toBe(join(folder, 'app'));
    expect(entryFolder('')).toBe(process.cwd());
  });
});
