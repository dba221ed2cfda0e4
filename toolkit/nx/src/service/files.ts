import { packagesOf } from '../plugins.ts';
import { json } from '../settings.ts';
import { render } from '../templates.ts';
import type { Files } from '../templates.ts';
import { microVersion, runtime } from '../versions.ts';
import type { ServicePlan } from './options.ts';

/** Restarts on a change; SWC keeps what decorators know of types, as the build does. */
export const serve =
  'node --watch --enable-source-maps --import @swc-node/register/esm-register src/main.ts';

/** Where a service stands. */
export interface Place {
  /** How a target is run there: `npx nx build greeter`, `npm run build`. */
  command(target: 'serve' | 'build' | 'test' | 'lint'): string;
  /** Its folder, as one writes it where the commands are run. */
  readonly here: string;
  /** Members of `tsconfig.json` and `jest.config.json` that depend on it. */
  readonly tsconfig: object;
  readonly jest: object;
  /** Members of `package.json` that it may have. */
  readonly scripts?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** All files of a service, relative to its folder. */
export function serviceFiles(plan: ServicePlan, place: Place): Files {
  const { project, test, topic } = plan;
  const { here } = place;
  const folders = [
    'service',
    ...(test ? ['service-test'] : []),
    ...(topic ? ['service-topic'] : []),
  ];
  const shown = [
    [place.command('serve'), 'starts it, and again when a file changes'],
    [place.command('build'), 'compiles it into dist'],
    ...(test ? [[place.command('test'), 'tests it with real calls']] : []),
    [place.command('lint'), 'looks for mistakes'],
  ];
  // Packing leaves out what is called `.test.`, templates too.
  const values = { ...plan, here, shown, build: place.command('build'), suffix: 'test' };
  return new Map([
    ...render(folders, values),
    ['package.json', json(manifestOf(plan, place))],
    ['tsconfig.json', json({ ...place.tsconfig, include: ['src', 'micro.config.ts'] })],
    ['tsconfig.build.json', json({ extends: './tsconfig.json', exclude: ['src/**/*.test.ts'] })],
    ...(test ? [['jest.config.json', json({ displayName: project, ...place.jest })] as const] : []),
  ]);
}

function manifestOf(plan: ServicePlan, { scripts, devDependencies }: Place): object {
  const contract = `./dist/src/${plan.project}.service`;
  return {
    name: plan.project,
    version: '0.1.0',
    private: true,
    type: 'module',
    // Callers in the same workspace import the type of the class.
    exports: { '.': { types: `${contract}.d.ts`, default: `${contract}.js` } },
    engines: { node: '>=20.19' },
    scripts,
    dependencies: sorted({ ...runtime, ...pluginVersions(plan) }),
    devDependencies,
  };
}

/** The packages of the chosen plugins, with their versions. */
export const pluginVersions = (plan: ServicePlan): Readonly<Record<string, string>> =>
  Object.fromEntries(packagesOf(plan).map((name) => [name, microVersion]));

/** As npm writes them. */
export const sorted = (packages: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
