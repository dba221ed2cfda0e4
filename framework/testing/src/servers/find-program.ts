import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { recipes } from './recipes.ts';
import type { ServerKind } from './recipes.ts';

/**
 * Where servers are kept that were built for the tests: `MICRO_TEST_CACHE`, else `micro-ts/servers` in
 * the user's cache folder.
 */
export function serverCache(): string {
  const { MICRO_TEST_CACHE } = process.env;
  if (MICRO_TEST_CACHE !== undefined && MICRO_TEST_CACHE !== '') return MICRO_TEST_CACHE;
  return join(cacheFolder(), 'micro-ts', 'servers');
}

/** The program of a server on this machine; `undefined` if it has none. */
export function findProgram(kind: ServerKind): string | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter);
  // Servers stand where only root looks.
  const folders = [...path, '/usr/local/sbin', '/usr/sbin', '/sbin', serverCache()];
  const names = recipes[kind].programs.flatMap((name) =>
    isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name)),
  );
  return names.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
