import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { serve, serviceFiles, sorted } from '../service/files.ts';
import { planService } from '../service/options.ts';
import type { ServiceOptions, ServicePlan } from '../service/options.ts';
import { compilerOptions, jestOptions } from '../settings.ts';
import { render } from '../templates.ts';
import type { Files } from '../templates.ts';
import { UsageError } from '../usage-error.ts';
import { linter, tools } from '../versions.ts';

/** What a project of its own is asked for with. */
export interface ProjectOptions extends ServiceOptions {
  /** Its folder, absolute or seen from `cwd`. Default: the project's name. */
  readonly directory?: string;
  /** Default: the working folder of this process. */
  readonly cwd?: string;
  /** Run `npm install` in it. Default false. */
  readonly install?: boolean;
  /** Overwrite files that were edited. Default false: they are kept. */
  readonly force?: boolean;
}

/** What was made. */
export interface CreatedProject {
  /** Absolute path. */
  readonly folder: string;
  /** Paths that were written, relative to the folder. Empty if all was there. */
  readonly written: readonly string[];
  /** Paths that were there and differ. */
  readonly kept: readonly string[];
  /** What to tell the person who asked for it: what was done, and what to do next. */
  readonly lines: readonly string[];
}

/**
 * Makes a service that is a project of its own, in any folder. The same options twice change nothing.
 * @throws UsageError for a name that cannot be had, and for a folder with something else in it
 * @example
 * const { lines } = await createProject({ name: 'greeter', http: true });
 */
export async function createProject(options: ProjectOptions): Promise<CreatedProject> {
  const { cwd = process.cwd(), install = false, force = false } = options;
  const plan = planService(options);
  const folder = resolve(cwd, options.directory ?? plan.project);
  await refuseOthers(folder, plan);
  const { written, kept } = await write(folder, filesOf(plan), force);
  if (install) await npmInstall(folder);
  return { folder, written, kept, lines: linesOf(relative(cwd, folder), written, kept, install) };
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
  const script = (name: string) => `npm run ${name}`;
  const files = serviceFiles(plan, {
    commands: {
      serve: script('serve'),
      build: script('build'),
      test: 'npm test',
      lint: script('lint'),
    },
    here: '.',
    tsconfig: { compilerOptions: { ...compilerOptions, rootDir: '.', outDir: 'dist' } },
    jest: jestOptions,
    manifest: {
      scripts: {
        serve,
        start: 'node --enable-source-maps dist/src/main.js',
        build: 'tsc -p tsconfig.build.json',
        ...(plan.test && { test: 'jest' }),
        lint: 'eslint .',
      },
      devDependencies: sorted({ ...tools, ...linter }),
    },
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

async function npmInstall(folder: string): Promise<void> {
  const [npm, shell] = process.platform === 'win32' ? ['npm.cmd', true] : ['npm', false];
  const child = spawn(npm, ['install'], { cwd: folder, stdio: 'inherit', shell });
  const code = await new Promise<number | null>((done, failed) => {
    child.once('error', failed);
    child.once('close', done);
  });
  if (code !== 0) throw new Error(`npm install in ${folder} ended with code ${String(code)}`);
}

function linesOf(
  where: string,
  written: readonly string[],
  kept: readonly string[],
  installed: boolean,
): readonly string[] {
  const left = kept.map((name) => `${name} differs from what would be written, and is kept.`);
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
