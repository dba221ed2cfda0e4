import { addDependenciesToPackageJson, getProjects, installPackagesTask } from '@nx/devkit';
import { logger, offsetFromRoot, readJson } from '@nx/devkit';
import type { GeneratorCallback, Tree } from '@nx/devkit';
import { prepareWorkspace } from '../init/generator.ts';
import { lintConfigOf, sharedJest, sharedTsconfig } from '../init/workspace.ts';
import { json } from '../settings.ts';
import { tell } from '../tell.ts';
import { within } from '../templates.ts';
import type { Files } from '../templates.ts';
import { UsageError } from '../usage-error.ts';
import { writeFiles } from '../write-files.ts';
import type { WriteOptions } from '../write-files.ts';
import { directoryOf } from './directory.ts';
import { pluginVersions, serve, serviceFiles } from './files.ts';
import { planService } from './options.ts';
import type { ServiceOptions, ServicePlan } from './options.ts';

/** What `nx g @micro-ts/nx:service` takes. */
export interface ServiceGeneratorOptions extends ServiceOptions, WriteOptions {
  /** Folder of the project, relative to the workspace. Default `services/<project>`. */
  readonly directory?: string;
}

/** By this its projects are known again. */
const tag = 'micro:service';

/**
 * `nx g @micro-ts/nx:service greeter`: a service that builds, lints, tests and serves. The same options
 * twice change nothing; files that were edited are kept.
 * @throws UsageError for a name or a folder that cannot be had
 */
export async function serviceGenerator(
  tree: Tree,
  options: ServiceGeneratorOptions,
): Promise<GeneratorCallback> {
  const plan = planService(options);
  const root = directoryOf(options.directory, plan);
  refuseOthers(tree, plan, root);
  const workspace = await prepareWorkspace(tree, { skipFormat: options.skipFormat ?? false });
  const manifest = tree.read('package.json', 'utf-8');
  addDependenciesToPackageJson(tree, { ...pluginVersions(plan) }, {}, 'package.json', true);
  const changed = [...workspace.changed];
  if (tree.read('package.json', 'utf-8') !== manifest) changed.push('package.json');
  const written = await writeFiles(tree, within(root, filesOf(tree, plan, root)), options);
  tell(logger, written, changed, `${plan.project} is as it would be written: nothing to change.`);
  const isNew = written.created.includes(`${root}/package.json`);
  return () => {
    installPackagesTask(tree, isNew && hasPackages(tree));
    if (isNew) logger.info(`\nNext: npx nx serve ${plan.project}\n`);
  };
}

/** Packages of the workspace are linked by an installation, one that is new too. */
const hasPackages = (tree: Tree): boolean =>
  'workspaces' in readJson<object>(tree, 'package.json') || tree.exists('pnpm-workspace.yaml');

function refuseOthers(tree: Tree, { project }: ServicePlan, root: string): void {
  for (const [name, other] of getProjects(tree)) {
    if (name === project && other.root !== root)
      throw new UsageError(
        `There is a project ${name} already, in ${other.root}. Choose another name, or that --directory.`,
      );
    if (other.root === root && (name !== project || other.tags?.includes(tag) !== true))
      throw new UsageError(
        `${root} is the folder of another project, ${name}. Choose another --directory.`,
      );
  }
}

function filesOf(tree: Tree, plan: ServicePlan, root: string): Files {
  const { project } = plan;
  const up = offsetFromRoot(root);
  const files = serviceFiles(plan, {
    command: (target) => `npx nx ${target} ${project}`,
    here: root,
    tsconfig: {
      extends: `${up}${sharedTsconfig}`,
      compilerOptions: { rootDir: '.', outDir: 'dist' },
    },
    jest: { preset: `${up}${sharedJest}` },
  });
  return new Map([...files, ['project.json', json(projectOf(tree, plan, root, up))]]);
}

/** Targets say what they read and write themselves: the workspace's defaults know other projects. */
function projectOf(tree: Tree, plan: ServicePlan, root: string, up: string): object {
  const options = { cwd: '{projectRoot}' };
  const inputs = (shared: string) => ['default', '^default', `{workspaceRoot}/${shared}`];
  const compiles = { inputs: inputs(sharedTsconfig), outputs: ['{projectRoot}/dist'] };
  return {
    name: plan.project,
    $schema: `${up}node_modules/nx/schemas/project-schema.json`,
    sourceRoot: `${root}/src`,
    projectType: 'application',
    tags: [tag],
    targets: {
      serve: { continuous: true, command: serve, options },
      build: { command: 'tsc -p tsconfig.build.json', options, ...compiles },
      ...(plan.test && { test: { command: 'jest', options, inputs: inputs(sharedJest) } }),
      lint: {
        command: 'eslint .',
        options,
        inputs: inputs(lintConfigOf(tree) ?? 'eslint.config.mjs'),
      },
    },
  };
}
