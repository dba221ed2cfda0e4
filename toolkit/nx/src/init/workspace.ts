import { readNxJson, updateNxJson } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import { compilerOptions, jestOptions, json } from '../settings.ts';
import { render } from '../templates.ts';
import type { Files } from '../templates.ts';

/** What the compiler is told, for every service of the workspace. */
export const sharedTsconfig = 'tsconfig.micro.json';
/** What Jest is told. */
export const sharedJest = 'jest.micro.json';

/**
 * Files that services of a workspace share. They stand beside the workspace's own settings instead of
 * in them: decorators of the kind that class-validator needs would change what other projects compile to.
 */
export function sharedFiles(tree: Tree): Files {
  return new Map([
    [sharedTsconfig, json({ compilerOptions })],
    [sharedJest, json(jestOptions)],
    ...(lintConfigOf(tree) === undefined ? render(['workspace'], {}) : []),
  ]);
}

/** The linter's settings at the root of the workspace; `undefined` if there are none. */
export const lintConfigOf = (tree: Tree): string | undefined =>
  tree.children('.').find((name) => /^(eslint\.config\.[cm]?[jt]s|\.eslintrc(\..+)?)$/.test(name));

const targetDefaults = {
  build: { cache: true, dependsOn: ['^build'] },
  test: { cache: true },
  lint: { cache: true },
};

/** Adds defaults for targets that the workspace says nothing of. */
export function setTargetDefaults(tree: Tree): void {
  const settings = readNxJson(tree) ?? {};
  const own = settings.targetDefaults ?? {};
  if (Object.keys(targetDefaults).every((target) => target in own)) return;
  if (!tree.exists('nx.json')) tree.write('nx.json', '{}');
  updateNxJson(tree, { ...settings, targetDefaults: { ...targetDefaults, ...own } });
}

/** Without this, what a task writes would be among its inputs, and nothing ever cached. */
export function ignoreOutputs(tree: Tree): void {
  const text = tree.read('.gitignore', 'utf-8') ?? '';
  const ignored = new Set(text.split('\n').map((line) => line.trim().replace(/^\/|\/$/g, '')));
  const missing = ['node_modules', 'dist', 'coverage', '.nx'].filter((name) => !ignored.has(name));
  if (missing.length === 0) return;
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  tree.write('.gitignore', `${start}${missing.join('\n')}\n`);
}
