import { basename, sep } from 'node:path';
import { watch } from 'chokidar';
import type { ChokidarOptions } from 'chokidar';
import { deepestSource } from './find-programs.ts';
import { gatherFiles } from './gather-files.ts';

/** What is watched from the beginning. */
export interface Watched {
  /** Of these every file is told. */
  readonly folders: Iterable<string>;
  /** Of these what can make a program, or unmake it, as deep as programs are looked for. */
  readonly places: readonly string[];
}

/** A watch of folders, and of files elsewhere. */
export interface FileWatch {
  addFiles(files: Iterable<string>): void;
  addFolder(folder: string): void;
  /** The folder is gone. One that comes in its place can be added. */
  removeFolder(folder: string): void;
  close(): Promise<void>;
}

/** Folders in which nothing is that a person has written. */
const made = /^(node_modules|dist|build|out|coverage|\.(?!env).*)$/;

/** Files by which programs are found. */
const telling = /\.([cm]?[jt]s|json|yaml)$/;

/**
 * Tells which files change, none when it has begun to see what may be new; those of `made` folders only if
 * they were added by name.
 */
export function watchFiles(
  { folders: first, places }: Watched,
  changed: (files: ReadonlySet<string>) => void,
  failed: (error: unknown) => void,
): FileWatch {
  const folders = new Set(first);
  const named = new Set<string>();
  const gathering = gatherFiles(changed);
  const open = (paths: readonly string[], options: ChokidarOptions): ReturnType<typeof watch> =>
    watch([...paths], { ...options, ignoreInitial: true })
      .on('all', (event, path) => event.endsWith('Dir') || gathering.note(path))
      .on('error', failed);
  const watcher = open([...folders], {
    ignored: (path) => made.test(basename(path)) && !folders.has(path) && !named.has(path),
  });
  const finder = open(places, {
    depth: deepestSource,
    followSymlinks: false,
    ignored: (path, stats) =>
      stats?.isFile() === true
        ? !telling.test(path)
        : made.test(basename(path)) && !places.includes(path),
  });
  finder.on('ready', () => changed(new Set())); // of what has come since programs were looked for nothing is told
  return {
    addFiles(files) {
      const fresh = [...files].filter((file) => !named.has(file));
      for (const file of fresh) named.add(file);
      const outside = fresh.filter((file) => ![...folders].some((each) => isInside(file, each)));
      if (outside.length > 0) watcher.add(outside);
    },
    addFolder(folder) {
      if (folders.has(folder)) return;
      folders.add(folder);
      watcher.add(folder);
    },
    removeFolder(folder) {
      if (folders.delete(folder)) watcher.unwatch(folder);
    },
    async close() {
      gathering.close();
      await Promise.all([watcher.close(), finder.close()]);
    },
  };
}

/** True if the watch of the folder sees the file. */
function isInside(file: string, folder: string): boolean {
  if (!file.startsWith(folder + sep)) return false;
  return !file
    .slice(folder.length)
    .split(/[\\/]/)
    .some((part) => made.test(part));
}
