import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** What a configuration file may be called, in the order in which a folder is asked. */
export const configNames = [
  'micro.config.ts',
  'micro.config.js',
  'micro.config.mjs',
  'micro.config.json',
] as const;

/**
 * Folder where the search begins: that of the program's entry point, as it is without symbolic
 * links; the working folder where there is none, as in `node -e`.
 */
export function entryFolder(entry: string | undefined = process.argv[1]): string {
  if (entry === undefined || entry === '') return process.cwd();
  const given = resolve(entry);
  try {
    const file = realpathSync(given);
    return statSync(file).isDirectory() ? file : dirname(file);
  } catch {
    return dirname(given); // `node dist/main`, without its extension
  }
}

/** Path of the configuration that is nearest to `folder`, upward; `undefined` if there is none. */
export function findConfig(folder: string = entryFolder()): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    for (const name of configNames) if (existsSync(join(at, name))) return join(at, name);
    if (at === dirname(at)) return undefined;
  }
}
