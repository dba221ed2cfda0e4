import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile } from './compile.ts';
import { formatOf, isInstalled, isTypeScript } from './format.ts';
import { resolveTypeScript } from './resolve.ts';

/** What Node takes for a module that a hook has loaded. */
export interface Loaded {
  readonly format: string;
  readonly source?: string;
  readonly shortCircuit: true;
}

/** What Node takes for an import that a hook has resolved. */
export interface Resolved {
  readonly url: string;
  readonly shortCircuit: true;
}

/** @returns `undefined` to let Node resolve it */
export function resolve(specifier: string, parent: string | undefined): Resolved | undefined {
  const url = resolveTypeScript(specifier, parent);
  return url === undefined ? undefined : { url, shortCircuit: true };
}

/**
 * Loads modules of TypeScript. CommonJS is left to `require`, which is extended for it: Node 22 has
 * no way to link modules to what a hook gives it as CommonJS.
 * @param told of each file of the program's own
 * @returns `undefined` to let Node load it
 */
export function load(url: string, told: (file: string) => void): Loaded | undefined {
  if (!url.startsWith('file:')) return undefined;
  const file = fileURLToPath(url);
  if (isInstalled(file)) return undefined;
  told(file);
  if (!isTypeScript(file)) return undefined;
  const source = readFileSync(file, 'utf8');
  const format = formatOf(file, source);
  if (format === 'commonjs') return { format, shortCircuit: true };
  return { format, source: compile(file, source, format), shortCircuit: true };
}
