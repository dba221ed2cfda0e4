import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What Node says of a file that it cannot run itself, but jiti may. jiti's own word is the last. */
const notForNode: ReadonlySet<unknown> = new Set([
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_MODULE_NOT_FOUND',
  'MODULE_NOT_FOUND',
]);

/**
 * The default export of a file of JavaScript or TypeScript. Node, or whatever loader is registered
 * with it, comes first; jiti takes what they refuse: TypeScript on Node 20, enums, imports without
 * an extension. It also says where the syntax is wrong, as Node does not. Modules of packages are the
 * same ones either way.
 */
export async function importFile(file: string): Promise<unknown> {
  const url = pathToFileURL(file).href;
  if (wouldWarn(file)) return importWithJiti(file);
  try {
    return defaultOf(await import(url));
  } catch (error) {
    if (!notForNode.has(codeOf(error)) && !(error instanceof SyntaxError)) throw error;
    return importWithJiti(file);
  }
}

async function importWithJiti(file: string): Promise<unknown> {
  const { createJiti } = await import('jiti');
  return defaultOf(await createJiti(import.meta.url, { interopDefault: false }).import(file));
}

/** The default export, also of CommonJS that was compiled from a module. */
export function defaultOf(module: unknown): unknown {
  const exported = memberOf(module, 'default');
  const compiled = memberOf(exported, '__esModule') === true;
  return compiled ? memberOf(exported, 'default') : exported;
}

function memberOf(value: unknown, key: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null)
    return undefined;
  return Reflect.get(value, key);
}

/** What Node calls an error: `ERR_MODULE_NOT_FOUND`. */
export const codeOf = (error: unknown): unknown => memberOf(error, 'code');

/**
 * Node runs a module that sits in a package without a `"type"`, but prints a warning to each of its
 * users. Where another loader is registered, Node has no say in it.
 */
function wouldWarn(file: string): boolean {
  if (!['.ts', '.js'].includes(extname(file)) || typeOfPackage(file) !== undefined) return false;
  const flags = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
  if (/(^|\s)(--(import|loader|experimental-loader|require)\b|-r\s)/.test(flags)) return false;
  return /^\s*(import|export)\b/m.test(readFileSync(file, 'utf8'));
}

function typeOfPackage(file: string): unknown {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest)) {
      try {
        return memberOf(JSON.parse(readFileSync(manifest, 'utf8')), 'type');
      } catch {
        return undefined;
      }
    }
    if (folder === dirname(folder)) return undefined;
  }
}
