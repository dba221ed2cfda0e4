import { existsSync } from 'node:fs';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { broken, fine, warning } from '../finding.ts';
import type { Found } from '../finding.ts';
import type { Surroundings } from '../surroundings.ts';

/** A copy of one of our packages. */
interface Copy {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

/** Of these there must be one: decorators of one copy are not seen by the other. */
const single = ['@micro-ts/core', '@micro-ts/interface', 'micro-ts'];

/** Whether our packages are installed, once, in versions that were made for each other. */
export async function checkPackages({ entry }: Surroundings): Promise<readonly Found[]> {
  const copies = await copiesFrom(entry);
  if (!copies.some(({ name }) => name === 'micro-ts')) {
    if (!isProgram(entry)) return [fine('no package.json: there is no program of Node here')];
    return [
      broken(
        'micro-ts is not installed',
        `It is in no node_modules above ${entry}`,
        'npm install micro-ts',
      ),
    ];
  }
  const found: Found[] = [];
  for (const name of single) {
    const those = copies.filter((copy) => copy.name === name);
    if (those.length < 2) continue;
    const places = those.map(({ version, folder }) => `${version} in ${folder}`).join(', ');
    const why = `What is decorated by one copy is not seen by the other: ${places}`;
    found.push(
      broken(
        `${name} is there ${those.length} times`,
        why,
        'npm dedupe, or give all packages of Micro the same version',
      ),
    );
  }
  const version = copies.find(({ name }) => name === 'micro-ts')?.version ?? '';
  const others = copies.filter((copy) => copy.version !== version);
  if (others.length > 0) {
    const names = others.map((copy) => `${copy.name}@${copy.version}`);
    const why = `They are released together: ${names.join(', ')} beside micro-ts@${version}`;
    const fix = `npm install ${others.map(({ name }) => `${name}@${version}`).join(' ')}`;
    found.push(warning('packages of Micro have different versions', why, fix));
  }
  if (found.length > 0) return found;
  return [fine(`micro-ts ${version}, ${copies.length} packages of Micro`)];
}

/** A folder of another language, or of nothing, needs no packages. */
function isProgram(entry: string): boolean {
  for (let at = entry; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return true;
    if (at === dirname(at)) return false;
  }
}

/** All copies that a program can come across, each once. */
async function copiesFrom(entry: string): Promise<readonly Copy[]> {
  const found = new Map<string, Copy>();
  const visited = new Set<string>();
  const visit = async (modules: string, depth: number): Promise<void> => {
    if (visited.has(modules)) return;
    visited.add(modules);
    for (const path of await packagesIn(modules)) {
      const real = await realpath(path).catch(() => path);
      const copy = ours.test(path) && !found.has(real) ? await read(real) : undefined;
      if (copy !== undefined) {
        found.set(real, copy);
        // What it needs is beside the place where it really is.
        await visitAll(real);
      }
      if (depth < 2) await visit(join(real, 'node_modules'), depth + 1);
    }
  };
  const visitAll = async (from: string): Promise<void> => {
    for (let at = from; ; at = dirname(at)) {
      await visit(join(at, 'node_modules'), 0);
      if (at === dirname(at)) return;
    }
  };
  await visitAll(entry);
  return [...found.values()];
}

const ours = /[\\/](micro-ts|@micro-ts[\\/][^\\/]+)$/;

async function packagesIn(modules: string): Promise<readonly string[]> {
  const names = await readdir(modules).catch(() => []);
  const found: string[] = [];
  for (const name of names) {
    if (name.startsWith('.')) continue;
    if (!name.startsWith('@')) found.push(join(modules, name));
    else
      for (const inner of await readdir(join(modules, name)).catch(() => []))
        found.push(join(modules, name, inner));
  }
  return found;
}

async function read(folder: string): Promise<Copy | undefined> {
  try {
    const text = await readFile(join(folder, 'package.json'), 'utf8');
    const { name, version } = JSON.parse(text) as Partial<Copy>;
    return name === undefined ? undefined : { name, version: version ?? '?', folder };
  } catch {
    return undefined;
  }
}
