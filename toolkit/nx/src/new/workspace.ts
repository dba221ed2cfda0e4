import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { ServicePlan } from '../service/options.ts';
import { UsageError } from '../usage-error.ts';
import { run } from './run.ts';

/** Root of the nx workspace that a folder belongs to; `undefined` if there is none. */
export function findWorkspace(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, 'nx.json'))) return at;
    if (at === dirname(at)) return undefined;
  }
}

/** Where a service of a workspace was asked for. */
interface Wanted {
  readonly cwd: string;
  readonly directory?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/**
 * Has the nx of a workspace make a service.
 * @throws UsageError if nx or the generators are not installed there
 */
export async function generate(root: string, plan: ServicePlan, wanted: Wanted) {
  const nx = programOf(packageOf(root, 'nx'));
  packageOf(root, '@micro-ts/nx');
  const folder = folderOf(root, plan, wanted);
  const { service, registry, transport, broker, topic, http, test } = plan;
  const flags = {
    directory: relative(root, folder).split(sep).join('/'),
    ...{ registry, transport, broker, http, test, force: wanted.force ?? false },
    ...(wanted.dryRun === true && { 'dry-run': true }),
    ...(topic !== '' && { topic }),
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${String(value)}`);
  const generator = [nx, 'generate', '@micro-ts/nx:service', service, ...args, '--no-interactive'];
  await run(process.execPath, generator, root);
  return { folder, lines: [] };
}

/** In the root, where nx has its services; elsewhere in the workspace, right there. */
function folderOf(root: string, { project }: ServicePlan, { cwd, directory }: Wanted): string {
  if (directory !== undefined) return resolve(cwd, directory);
  return resolve(cwd) === root ? join(root, 'services', project) : join(resolve(cwd), project);
}

function packageOf(root: string, name: string): string {
  try {
    return dirname(createRequire(join(root, 'package.json')).resolve(`${name}/package.json`));
  } catch {
    throw new UsageError(
      `${root} is an nx workspace without ${name}: npm install --save-dev ${name}`,
    );
  }
}

function programOf(folder: string): string {
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly bin: Readonly<Record<string, string>>;
  };
  if (bin['nx'] === undefined) throw new UsageError(`${folder} has no program nx`);
  return join(folder, bin['nx']);
}
