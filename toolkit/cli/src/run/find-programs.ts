import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { ConfigError } from 'micro-ts';
import type { Program } from './program.ts';
import { workspaceFolders } from './workspaces.ts';

/** Deepest folder that is looked into for programs, counted from the one that was given. */
const deepest = 3;
/** Deepest folder in which a program's file can be, counted so: its `src`. */
export const deepestSource = deepest + 1;

const mains = ['src/main', 'main'].flatMap((name) =>
  ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'].map((ending) => name + ending),
);

/** Folders that hold no programs of a person's own. */
const foreign = /^(\..*|node_modules|dist|build|out|coverage|tests?|__tests__|fixtures)$/;

/** What a `package.json` says that matters here. */
interface Manifest {
  readonly name?: string;
  readonly micro?: unknown;
  readonly main?: string;
}

/**
 * The programs of folders and files. Of a folder it is the first of these that there is:
 * 1. what its `package.json` names under `micro`: a file or a list of files;
 * 2. `src/main.ts`, or `main.ts`;
 * 3. the `main` of its `package.json`, if that is TypeScript;
 * 4. each `*.service.ts` in it or in its `src`;
 * 5. the programs of its workspaces, or else of its folders, by the same rules.
 * @throws ConfigError for a folder or file that is not there
 */
export function findPrograms(places: readonly string[]): readonly Program[] {
  const found = new Map<string, Program>();
  for (const place of places) {
    const path = resolve(place);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) throw new ConfigError(place, 'is not there');
    const real = realpathSync(path);
    const programs = stat.isDirectory() ? inFolder(real, 0) : [ofFile(real, packageOf(real))];
    for (const program of programs) found.set(program.file, program);
  }
  return distinct([...found.values()]);
}

function inFolder(folder: string, depth: number): readonly Program[] {
  const manifest = read(folder);
  const own = filesOf(folder, manifest);
  if (own.length > 0) return own.map((file) => ofFile(file, folder, own.length === 1));
  const inner = workspaceFolders(folder) ?? foldersIn(folder);
  if (depth === deepest) return [];
  return inner.flatMap((each) => inFolder(each, depth + 1));
}

function filesOf(folder: string, { micro, main }: Manifest): readonly string[] {
  if (micro !== undefined) return named(folder, micro);
  const [first] = mains.map((name) => join(folder, name)).filter((file) => existsSync(file));
  if (first !== undefined) return [first];
  if (main !== undefined && /\.[cm]?ts$/.test(main) && existsSync(join(folder, main)))
    return [join(folder, main)];
  return [folder, join(folder, 'src')].flatMap(serviceFiles);
}

function named(folder: string, micro: unknown): readonly string[] {
  const key = `${join(folder, 'package.json')}: micro`;
  return [micro].flat().map((name) => {
    if (typeof name !== 'string')
      throw new ConfigError(key, 'should be a file, or a list of files');
    const file = join(folder, name);
    if (!existsSync(file)) throw new ConfigError(key, `there is no file ${name}`);
    return file;
  });
}

const isServiceFile = (name: string): boolean => /\.service\.[cm]?ts$/.test(name);

const serviceFiles = (folder: string): readonly string[] =>
  namesIn(folder)
    .filter(isServiceFile)
    .sort()
    .map((name) => join(folder, name));

const foldersIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !foreign.test(entry.name))
    .map(({ name }) => join(folder, name))
    .sort();

const namesIn = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder) : [];

/** @param alone the folder's only program is called as the folder is */
function ofFile(file: string, folder: string, alone = true): Program {
  const kind = isServiceFile(basename(file)) ? 'services' : 'main';
  const stem = basename(file).replace(/(\.service)?\.[^.]+$/, '');
  const name = kind === 'services' || !alone ? stem : nameOf(folder, read(folder));
  return { name, file: realpathSync(file), kind, folder, root: rootOf(folder) };
}

const nameOf = (folder: string, { name }: Manifest): string =>
  (name ?? basename(folder)).replace(/^@[^/]+\//, '');

/** Programs that would be called the same are called by their paths. */
function distinct(programs: readonly Program[]): readonly Program[] {
  const taken = new Map<string, number>();
  for (const { name } of programs) taken.set(name, (taken.get(name) ?? 0) + 1);
  return programs.map((program) => {
    if (taken.get(program.name) === 1) return program;
    const path = relative(process.cwd(), program.file).replace(/(\.service)?\.[^.]+$/, '');
    return { ...program, name: path.split(sep).join('/') };
  });
}

function packageOf(file: string): string {
  for (let at = dirname(file); ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at;
    if (at === dirname(at)) return dirname(file);
  }
}

/** The outermost folder above with a `package.json`; the folder itself where there is none. */
function rootOf(folder: string): string {
  let root = folder;
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) root = at;
    if (at === dirname(at)) return root;
  }
}

function read(folder: string): Manifest {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return {};
  try {
    return Object(JSON.parse(readFileSync(file, 'utf8'))) as Manifest;
  } catch (error) {
    throw new ConfigError(file, `cannot be read as JSON: ${(error as Error).message}`);
  }
}
