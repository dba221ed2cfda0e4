// Folders with packages in them, as npm would leave them.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const installed = join(__dirname, '../../../node_modules');

/** A temporary folder that is removed when the tests of the file are done. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'micro-')));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file, and the folders above it; returns its path. */
export function write(folder: string, path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** Makes packages of this workspace visible from a folder. */
export function link(folder: string, ...names: readonly string[]): void {
  for (const name of names) {
    const place = join(folder, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(realpathSync(join(installed, name)), place);
  }
}

/** Installs a package of one file. */
export function install(
  folder: string,
  name: string,
  text: string,
  exports: unknown = './index.js',
): void {
  const manifest = { name, version: '1.0.0', type: 'module', exports };
  write(folder, `node_modules/${name}/package.json`, JSON.stringify(manifest));
  write(folder, `node_modules/${name}/index.js`, text);
}

/** Source of a plugin. @param options a valibot schema, as source. */
export function pluginSource(name: string, roles: readonly string[], options = ''): string {
  const role = `{ supports: { scope: 'host', delivery: [] }, create: (options) => ({ options }) }`;
  return `
    import { definePlugin } from '@micro-ts/interface';
    import * as v from 'valibot';
    export default definePlugin({
      name: '${name}',
      ${options === '' ? '' : `options: ${options},`}
      roles: { ${roles.map((each) => `${each}: ${role}`).join(', ')} },
    });`;
}
