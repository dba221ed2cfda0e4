import { statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isInstalled } from './format.ts';
import { optionsFor } from './tsconfig.ts';

const isFile = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** What an import may mean in TypeScript: `./x.js` and `./x` both are `./x.ts`. */
function candidates(path: string): readonly string[] {
  const written = /\.([cm]?)js(x?)$/.exec(path);
  const swapped =
    written === null ? [] : [`${path.slice(0, written.index)}.${written[1]}ts${written[2]}`];
  if (written?.[1] === '' && written[2] === '') swapped.push(`${path.slice(0, -3)}.tsx`);
  const endings = ['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json'];
  const extended = endings.map((ending) => path + ending);
  const indexes = endings.map((ending) => join(path, `index${ending}`));
  return [path, ...swapped, ...extended, ...indexes];
}

/**
 * The file that an import of TypeScript means where Node alone would not find it; `undefined` to ask
 * Node. @param parent URL of the importing file
 */
export function resolveTypeScript(
  specifier: string,
  parent: string | undefined,
): string | undefined {
  if (parent?.startsWith('file:') !== true || isBuiltin(specifier)) return undefined;
  const from = fileURLToPath(parent);
  if (isInstalled(from)) return undefined;
  const [name = '', query = ''] = specifier.split(/(?=[?#])/, 2);
  if (/^(\.{1,2}(\/|$)|\/|file:)/.test(name)) {
    const path = fileURLToPath(new URL(name, parent));
    return isFile(path) ? undefined : toUrl(first(path), query);
  }
  for (const path of mapped(name, from)) {
    const file = first(path);
    if (file !== undefined) return toUrl(file, query);
  }
  return undefined;
}

const first = (path: string): string | undefined => candidates(path).find(isFile);

const toUrl = (file: string | undefined, query: string): string | undefined =>
  file === undefined ? undefined : pathToFileURL(file).href + query;

/** Where `paths` of the nearest `tsconfig.json` lead a bare import. */
function mapped(name: string, from: string): readonly string[] {
  const { paths, base } = optionsFor(from) ?? {};
  if (paths === undefined || base === undefined) return [];
  const patterns = Object.keys(paths).sort((a, b) => prefix(b).length - prefix(a).length);
  for (const pattern of patterns) {
    const [head = '', tail] = pattern.split('*', 2);
    const fits = tail === undefined ? name === head : name.startsWith(head) && name.endsWith(tail);
    if (!fits) continue;
    const rest = tail === undefined ? '' : name.slice(head.length, name.length - tail.length);
    return (paths[pattern] ?? []).map((target) => join(base, target.replace('*', rest)));
  }
  return [];
}

const prefix = (pattern: string): string => pattern.split('*', 1)[0] ?? '';
