// The checkout: where it is and which folders are packages.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Micro needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** The checkout's folder. */
export const root = join(import.meta.dirname, '..');

/** What `path`, relative to the checkout, holds as JSON. */
export const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** Folders of the packages, relative to the checkout: `framework/core`, … */
export function packageFolders() {
  return readJson('package.json')
    .workspaces.map((pattern) => pattern.replace(/\/\*$/, ''))
    .filter((parent) => existsSync(join(root, parent)))
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .sort();
}

/** Folders with a Jest project: packages, and what stands beside them at the top. */
export function testFolders() {
  const top = readdirSync(root).filter((name) => !name.startsWith('.') && name !== 'node_modules');
  return [...packageFolders(), ...top]
    .filter((folder) => existsSync(join(root, folder, 'jest.config.js')))
    .sort();
}
