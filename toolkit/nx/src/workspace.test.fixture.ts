import { logger } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';

/** A workspace in memory. Its files are not formatted: Jest cannot load prettier. */
export const emptyWorkspace = (): Tree => createTreeWithEmptyWorkspace({ formatter: 'none' });

/** Texts of all files, by path. */
export function contents(tree: Tree): Readonly<Record<string, string>> {
  const paths = tree.listChanges().map(({ path }) => path);
  return Object.fromEntries(paths.sort().map((path) => [path, tree.read(path, 'utf-8') ?? '']));
}

/** What a generator tells the person meanwhile. */
export async function told(work: () => Promise<unknown>): Promise<string> {
  const lines: unknown[] = [];
  const listen = (...said: unknown[]) => void lines.push(...said);
  const spies = (['info', 'warn'] as const).map((level) =>
    jest.spyOn(logger, level).mockImplementation(listen),
  );
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return lines.join('\n');
}
