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
  readonly dryRun?: boolean;
}

/**
 * Makes a service that is a project of its own.
 * @throws UsageError for a folder with something else in it
 */
export async function createProject(plan: ServicePlan, wanted: Wanted) {
  const { cwd, install = false, force = false, dryRun = false } = wanted;
  const folder = resolve(cwd, wanted.directory ?? plan.project);
  await refuseOthers(folder, plan);
  const changes = await changesOf(folder, filesOf(plan), force);
  const where = relative(cwd, folder);
  if (dryRun) return { folder, lines: [...doneOf(where, changes, 'would create'), nothing] };
  for (const [name, text] of changes.written) await write(join(folder, name), text);
  if (install) await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['install'], folder);
  return { folder, lines: linesOf(where, changes, install) };
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

/** What a folder lacks. */
interface Changes {
  readonly written: Files;
  /** Differ from what would be written, and are left as they are. */
  readonly kept: readonly string[];
}

async function changesOf(folder: string, files: Files, force: boolean): Promise<Changes> {
  const written = new Map<string, string>();
  const kept: string[] = [];
  for (const [name, text] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const old = await readFile(join(folder, name), 'utf8').catch(() => undefined);
    if (old === text) continue;
    if (old !== undefined && !force) kept.push(name);
    else written.set(name, text);
  }
  return { written, kept };
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

const nothing = 'Nothing was written: this was a dry run.';

function linesOf(where: string, changes: Changes, installed: boolean): readonly string[] {
  const done = doneOf(where, changes, 'created');
  if (changes.written.size === 0) return done;
  return [
    ...done,
    '',
    'Next:',
    ...(where === '' ? [] : [`  cd ${where}`]),
    ...(installed ? [] : ['  npm install']),
    '  npm run serve',
  ];
}

function doneOf(where: string, { written, kept }: Changes, verb: string): readonly string[] {
  if (written.size + kept.length === 0)
    return [`${where || '.'} is as it would be written: nothing to change.`];
  const left = kept.map(
    (name) =>
      `${join(where, name)} differs from what would be written, and is kept; --force overwrites it.`,
  );
  return [...[...written.keys()].map((name) => `${verb} ${join(where, name)}`), ...left];
}
