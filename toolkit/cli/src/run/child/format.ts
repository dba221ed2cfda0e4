import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** How a file of TypeScript runs. */
export type Format = 'module' | 'commonjs';

/** What is compiled before it runs. Declarations have nothing to run. */
export const isTypeScript = (path: string): boolean =>
  /\.([cm]?ts|tsx)$/.test(path) && !/\.d\.[cm]?ts$/.test(path);

/** True for what somebody else wrote and installed. */
export const isInstalled = (path: string): boolean => /[\\/]node_modules[\\/]/.test(path);

/**
 * As Node and TypeScript have it: by the extension, else by the `type` of the package, which is
 * CommonJS if it says nothing. There, a file that awaits at its top can only be a module.
 */
export function formatOf(file: string, source: string): Format {
  if (file.endsWith('.mts')) return 'module';
  if (file.endsWith('.cts')) return 'commonjs';
  const type = packageType(dirname(file));
  if (type !== undefined) return type;
  return /^(?:(?:export )?(?:const|let|var) [^=]+= )?await\s|\bimport\.meta\b/m.test(source)
    ? 'module'
    : 'commonjs';
}

const types = new Map<string, Format | undefined>();

function packageType(folder: string): Format | undefined {
  if (types.has(folder)) return types.get(folder);
  const manifest = join(folder, 'package.json');
  const upper = dirname(folder);
  const type = existsSync(manifest)
    ? typeIn(manifest)
    : upper === folder
      ? undefined
      : packageType(upper);
  types.set(folder, type);
  return type;
}

function typeIn(manifest: string): Format | undefined {
  try {
    const { type } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly type?: unknown };
    return type === 'module' || type === 'commonjs' ? type : undefined;
  } catch {
    return undefined;
  }
}
