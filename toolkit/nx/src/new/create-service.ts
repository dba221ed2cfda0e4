import { planService } from '../service/options.ts';
import type { ServiceOptions } from '../service/options.ts';
import { createProject } from './create-project.ts';
import { findWorkspace, generate } from './workspace.ts';

/** What `micro new` takes. */
export interface NewServiceOptions extends ServiceOptions {
  /** Folder of the service, absolute or seen from `cwd`. Default: the project's name. */
  readonly directory?: string;
  /** Default: the working folder of this process. */
  readonly cwd?: string;
  /** Run `npm install` in it. Default false. A workspace of nx installs what is new in any case. */
  readonly install?: boolean;
  /** Overwrite files that were edited. Default false: they are kept. */
  readonly force?: boolean;
  /** Tell what would be written, and write nothing. Default false. */
  readonly dryRun?: boolean;
}

/** What was made. */
export interface CreatedService {
  /** Absolute path. */
  readonly folder: string;
  /** What to tell the person who asked: what was done, and what to do next. */
  readonly lines: readonly string[];
}

/**
 * Makes a service: a project of its own in any folder, or one of the workspace that the folder belongs
 * to, by its nx, which then prints what it does. The same options twice change nothing.
 * @throws UsageError for what cannot be had; its message says what would do
 * @example
 * const { lines } = await createService({ name: 'greeter', http: true });
 */
export async function createService(options: NewServiceOptions): Promise<CreatedService> {
  const plan = planService(options);
  const { cwd = process.cwd() } = options;
  const workspace = findWorkspace(cwd);
  return workspace === undefined
    ? createProject(plan, { ...options, cwd })
    : generate(workspace, plan, { ...options, cwd });
}
