import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { serve, serviceFiles, sorted } from '../service/files.ts';
import type { ServicePlan } from '../service/options.ts';
import { compilerOptions, jestOptions } from '../settings.ts';
import { render } from '../templates.ts';
import type { Files } from '../templates.ts';
import { UsageError } from '../usage-error.ts';
import { linter, tools } from '../versions.ts';
import { run } from './run.ts';

/** Where a project of its own was asked for. */
interface Wanted {
  readonly cwd: string;
  readonly directory?: string;
  readonly install?: boolean;
  readonly force?: boolean;
}

/**
 * Makes a service that is a project of its own.
 * @throws UsageError for a folder with something else in it
 */
export async function createProject(plan: ServicePlan, wanted: Wanted) {
  const { cwd, install = false, force = false } = wanted;
  const folder = resolve(cwd, wanted.directory ?? plan.project);
  await refuseOthers(folder, plan);
  const { written, kept } = await write(folder, filesOf(plan), force);
  if (install) await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['install'], folder);
  return { folder, lines: linesOf(relative(cwd, folder), written, kept, install) };
}

async function refuseOthers(folder: string, { project }: ServicePlan): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') throw new UsageError(`${folder} is a file`);
    throw error;
  });
  if (names.length === 0 || (await isOurs(join(folder, 'package.json'), project))) return;
  throw new UsageError(
    `${folder} is not empty, and not the service ${project}. Choose another name or --directory.`,
  );
}

async function isOurs(path: string, project: string): Promise<boolean> {
  try {
    const { name, dependencies } = JSON.parse(await readFile(path, 'utf8')) as {
      readonly name?: unknown;
      readonly dependencies?: object;
    };
    return name === project && 'micro-ts' in (dependencies ?? {});
  } catch {
    return false;
  }
}

function filesOf(plan: ServicePlan): Files {
  const files = serviceFiles(plan, {
    command: (target) => (target === 'test' ? 'npm test' : `npm run ${target}`),
    here: '.',
    tsconfig: { compilerOptions: { ...compilerOptions, rootDir: '.', outDir: 'dist' } },
    jest: jestOptions,
    scripts: {
      serve,
      start: 'node --enable-source-maps dist/src/main.js',
      build: 'tsc -p tsconfig.build.json',
      ...(plan.test && { test: 'jest' }),
      lint: 'eslint .',
    },
    devDependencies: sorted({ ...tools, ...linter }),
  });
  return new Map([...files, ...render(['workspace', 'standalone'], {})]);
}

async function write(folder: string, files: Files, force: boolean) {
  const written: string[] = [];
  const kept: string[] = [];
  for (const [name, text] of files) {
    const path = join(folder, name);
    const old = await readFile(path, 'utf8').catch(() => undefined);
    if (old === text) continue;
    if (old !== undefined && !force) kept.push(name);
    else {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      written.push(name);
    }
  }
  return { written: written.sort(), kept: kept.sort() };
}

function linesOf(
  where: string,
  written: readonly string[],
  kept: readonly string[],
  installed: boolean,
): readonly string[] {
  const left = kept.map(
    (name) =>
      `${join(where, name)} differs from what would be written, and is kept; --force overwrites it.`,
  );
  if (written.length === 0)
    return left.length > 0
      ? left
      : [`${where || '.'} is as it would be written: nothing to change.`];
  return [
    ...written.map((name) => `created ${join(where, name)}`),
    ...left,
    '',
    'Next:',
    ...(where === '' ? [] : [`  cd ${where}`]),
    ...(installed ? [] : ['  npm install']),
    '  npm run serve',
  ];
}
