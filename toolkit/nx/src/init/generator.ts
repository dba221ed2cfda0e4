import { addDependenciesToPackageJson, installPackagesTask, logger } from '@nx/devkit';
import type { GeneratorCallback, Tree } from '@nx/devkit';
import { linter, runtime, tools } from '../versions.ts';
import { writeFiles } from '../write-files.ts';
import type { WriteOptions, Written } from '../write-files.ts';
import { tell } from '../tell.ts';
import { ignoreOutputs, lintConfigOf, setTargetDefaults, sharedFiles } from './workspace.ts';

/** `nx g @micro-ts/nx:init`: makes a workspace ready for Micro. Twice changes nothing. */
export async function initGenerator(tree: Tree, options: WriteOptions): Promise<GeneratorCallback> {
  const { written, changed } = await prepareWorkspace(tree, options);
  tell(logger, written, changed, 'Micro is set up here already: nothing to change.');
  return () => installPackagesTask(tree);
}

/** The same, as part of another generator, which tells what was done. */
export async function prepareWorkspace(
  tree: Tree,
  options: WriteOptions,
): Promise<{ readonly written: Written; readonly changed: readonly string[] }> {
  const settings = ['package.json', 'nx.json', '.gitignore'];
  const before = settings.map((path) => tree.read(path, 'utf-8'));
  const needed = lintConfigOf(tree) === undefined ? { ...tools, ...linter } : tools;
  // Whatever version is there stays: it is the workspace's to choose.
  addDependenciesToPackageJson(tree, { ...runtime }, { ...needed }, 'package.json', true);
  setTargetDefaults(tree);
  ignoreOutputs(tree);
  const changed = settings.filter((path, at) => tree.read(path, 'utf-8') !== before[at]);
  return { written: await writeFiles(tree, sharedFiles(tree), options), changed };
}
