import { homedir } from 'node:os';
import { join } from 'node:path';

/** Folder of this user for what can be made again: `XDG_CACHE_HOME`, else what the system has for it. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME !== undefined && XDG_CACHE_HOME !== '') return XDG_CACHE_HOME;
  const folders: Partial<Record<NodeJS.Platform, string>> = {
    darwin: join(homedir(), 'Library', 'Caches'),
    win32: LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'),
  };
  return folders[process.platform] ?? join(homedir(), '.cache');
}
