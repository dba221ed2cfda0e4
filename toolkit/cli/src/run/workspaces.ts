import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/**
 * Folders of the packages of a workspace, as npm, Yarn (`workspaces`) and pnpm
 * (`pnpm-workspace.yaml`) name them; `undefined` for a folder that is none.
 */
export function workspaceFolders(folder: string): readonly string[] | undefined {
  const patterns = patternsIn(folder);
  if (patterns === undefined) return undefined;
  const found = new Set<string>();
  for (const pattern of patterns) {
    const drops = pattern.startsWith('!');
    for (const each of expand(folder, pattern.replace(/^!/, '').split('/')))
      if (drops) found.delete(each);
      else if (existsSync(join(each, 'package.json'))) found.add(each);
  }
  return [...found].sort();
}

function patternsIn(folder: string): readonly string[] | undefined {
  const pnpm = join(folder, 'pnpm-workspace.yaml');
  const npm = join(folder, 'package.json');
  try {
    if (existsSync(pnpm)) return texts(Object(parse(readFileSync(pnpm, 'utf8')))['packages']);
    if (!existsSync(npm)) return undefined;
    const { workspaces } = Object(JSON.parse(readFileSync(npm, 'utf8'))) as {
      workspaces?: unknown;
    };
    return texts(Array.isArray(workspaces) ? workspaces : Object(workspaces)['packages']);
  } catch {
    return undefined;
  }
}

const texts = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : undefined;

/** The folders that a pattern of `*` and `**` means. */
function expand(folder: string, [part, ...rest]: readonly string[]): readonly string[] {
  if (part === undefined) return [folder];
  if (part === '' || part === '.') return expand(folder, rest);
  if (!part.includes('*'))
    return existsSync(join(folder, part)) ? expand(join(folder, part), rest) : [];
  const inner = subfolders(folder);
  if (part === '**')
    return [
      ...expand(folder, rest),
      ...inner.flatMap((each) => expand(join(folder, each), [part, ...rest])),
    ];
  const fits = new RegExp(`^${part.split('*').map(escaped).join('.*')}$`);
  return inner
    .filter((name) => fits.test(name))
    .flatMap((name) => expand(join(folder, name), rest));
}

const escaped = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');

const subfolders = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^(node_modules|\..*)$/.test(entry.name))
    .map(({ name }) => name);
