import { basename } from 'node:path';
import { watch } from 'chokidar';

/** Files that change together are told together, this many ms after the last. */
const pause = 100;

/** A watch of folders, and of files elsewhere. */
export interface FileWatch {
  add(files: Iterable<string>): void;
  close(): Promise<void>;
}

/** Folders in which nothing is that a person has written. */
const made = /^(node_modules|dist|build|out|coverage|\.(?!env).*)$/;

/** Tells which files change; those of `made` folders only if they were added by name. */
export function watchFiles(
  folders: readonly string[],
  changed: (files: ReadonlySet<string>) => void,
  failed: (error: unknown) => void,
): FileWatch {
  const named = new Set<string>();
  let waiting = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch([...folders], {
    ignoreInitial: true,
    ignored: (path) => made.test(basename(path)) && !folders.includes(path) && !named.has(path),
  });
  watcher.on('all', (event, path) => {
    if (event.endsWith('Dir')) return;
    waiting.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const all = waiting;
      waiting = new Set();
      changed(all);
    }, pause);
  });
  watcher.on('error', failed);
  return {
    add(files) {
      const fresh = [...files].filter((file) => !named.has(file));
      for (const file of fresh) named.add(file);
      const outside = fresh.filter((file) => !folders.some((folder) => isInside(file, folder)));
      if (outside.length > 0) watcher.add(outside);
    },
    async close() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}

/** True if the watch of the folder sees the file. */
function isInside(file: string, folder: string): boolean {
  if (!file.startsWith(folder)) return false;
  return !file
    .slice(folder.length)
    .split(/[\\/]/)
    .some((part) => made.test(part));
}
