import { formatFiles } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import type { Files } from './templates.ts';

/** What became of files. */
export interface Written {
  readonly created: readonly string[];
  /** Differ from what was to be written, and were left as they are. */
  readonly kept: readonly string[];
  /** Differed, and were overwritten. */
  readonly replaced: readonly string[];
}

/** How files are written. */
export interface WriteOptions {
  /** Overwrite what differs. Default false: somebody may have edited it. */
  readonly force?: boolean;
  /** Do not ask the workspace's formatter. Default false. */
  readonly skipFormat?: boolean;
}

/**
 * Writes files, formatted as the workspace formats its own. Those that are there already are compared
 * after formatting, so that the same options twice change nothing.
 */
export async function writeFiles(
  tree: Tree,
  files: Files,
  { force = false, skipFormat = false }: WriteOptions = {},
): Promise<Written> {
  const before = new Map([...files.keys()].map((path) => [path, tree.read(path, 'utf-8')]));
  for (const [path, text] of files) tree.write(path, text);
  if (!skipFormat) await formatFiles(tree);
  const created: string[] = [];
  const kept: string[] = [];
  const replaced: string[] = [];
  for (const [path, old] of before) {
    if (old === null) created.push(path);
    else if (tree.read(path, 'utf-8') === old) continue;
    else if (force) replaced.push(path);
    else {
      tree.write(path, old);
      kept.push(path);
    }
  }
  return { created, kept, replaced };
}
