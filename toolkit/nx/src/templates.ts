import { join } from 'node:path';
import { generateFiles } from '@nx/devkit';
import type { Tree } from '@nx/devkit';

/** Texts of files by their paths, which are relative to where they shall be and have `/` between. */
export type Files = ReadonlyMap<string, string>;

/** The files of some folders of templates; a later folder wins. */
export function render(folders: readonly string[], values: object): Files {
  const files = new Map<string, string>();
  // Of a tree, generateFiles asks for nothing else.
  const tree: Pick<Tree, 'root' | 'exists' | 'write'> = {
    root: '/',
    exists: () => false,
    write: (path, content) => void files.set(path.replaceAll('\\', '/'), String(content)),
  };
  for (const folder of folders)
    generateFiles(tree as Tree, join(import.meta.dirname, '../templates', folder), '.', values);
  return files;
}

/** The same files, in a folder. */
export const within = (folder: string, files: Files): Files =>
  new Map([...files].map(([path, text]) => [`${folder}/${path}`, text]));
