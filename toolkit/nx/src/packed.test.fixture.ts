// The packages as npm would publish them, and an environment for programs outside of this checkout.
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { plugins } from './plugins.ts';

const root = join(__dirname, '../../..');

interface Manifest {
  readonly name: string;
  readonly workspaces: readonly string[];
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;

/** Version of a tool in this checkout. */
export const versionHere = (name: string): string => {
  const version = manifestOf('.').devDependencies[name];
  if (version === undefined) throw new Error(`${name} is not installed here`);
  return version;
};

/** What a process of the person's own would have: nothing of Jest, nx, npm or Micro. */
export function cleanEnvironment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(MICRO_|NODE_|JEST_|NX_|npm_|FORCE_COLOR|INIT_CWD|CI$)/.test(name),
  );
  const npm = { npm_config_audit: 'false', npm_config_fund: 'false' };
  return {
    ...Object.fromEntries(inherited),
    ...npm,
    npm_config_ignore_scripts: 'true',
    npm_config_prefer_offline: 'true',
    NO_COLOR: '1',
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    ...more,
  };
}

/**
 * Runs a command to its end and returns what it printed.
 * @throws Error with all of that if it fails
 */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = cleanEnvironment({}),
): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, {
      ...{ cwd, env, timeout: 300_000, maxBuffer: 2 ** 26 },
    });
    return `${stdout}${stderr}`;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** Folders of the packages in this checkout, by name. */
function folders(): ReadonlyMap<string, string> {
  const parents = manifestOf('.').workspaces.map((pattern) => pattern.replace('/*', ''));
  const found = new Map<string, string>();
  for (const parent of parents.filter((name) => !name.startsWith('samples')))
    for (const name of readdirSync(join(root, parent)))
      found.set(manifestOf(`${parent}/${name}`).name, `${parent}/${name}`);
  return found;
}

/** Packages that a generated service may have, the command that makes it, and those that these bring. */
function needed(all: ReadonlyMap<string, string>): readonly string[] {
  const names = new Set<string>();
  const add = (name: string): void => {
    const folder = all.get(name);
    if (folder === undefined || names.has(name)) return;
    names.add(name);
    Object.keys(manifestOf(folder).dependencies ?? {}).forEach(add);
  };
  add('micro-ts');
  add('@micro-ts/nx');
  add('@micro-ts/cli');
  for (const name of Object.values(plugins).flat()) add(`@micro-ts/${name}`);
  return [...names];
}

/** Builds and packs into `folder`; returns `file:` paths by the names of the packages. */
export async function pack(folder: string): Promise<ReadonlyMap<string, string>> {
  mkdirSync(folder);
  const all = folders();
  const names = needed(all);
  const sources = names.map((name) => all.get(name) ?? '');
  await run(process.execPath, ['scripts/build.mjs', ...sources], root);
  const workspaces = names.flatMap((name) => ['--workspace', name]);
  const args = ['pack', '--json', '--pack-destination', folder, ...workspaces];
  await run('npm', args, root);
  const files = readdirSync(folder);
  return new Map(
    names.map((name) => {
      const start = `${name.replace('@', '').replace('/', '-')}-`;
      const file = files.find(
        (each) => each.startsWith(start) && /^\d/.test(each.slice(start.length)),
      );
      if (file === undefined) throw new Error(`${name} was not packed`);
      return [name, `file:${join(folder, file)}`];
    }),
  );
}
