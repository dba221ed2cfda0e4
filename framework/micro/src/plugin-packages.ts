import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin, Role } from '@micro-ts/interface';
import { codeOf, defaultOf, importFile } from './import-file.ts';
import { selectors } from './selectors.ts';

/** A plugin of any name, options and roles. */
export type AnyPlugin = Plugin<string, unknown, Role>;

/** Packages of ours, each known by its name without the scope. */
export const officialNames: readonly string[] = [
  'consul',
  'etcd',
  'http',
  'local',
  'mdns',
  'memory',
  'nats',
  'rabbitmq',
  'redis',
  'resilience',
  'validation',
];

/** Plugins that come with micro-ts, loaded when they are named. */
const embedded: Readonly<Record<string, () => Promise<unknown>>> = {
  'least-in-flight': async () => ({ default: selectors['least-in-flight'] }),
  'round-robin': async () => ({ default: selectors['round-robin'] }),
  http: () => import('@micro-ts/http'),
  local: () => import('@micro-ts/local'),
  memory: () => import('@micro-ts/memory'),
  validation: () => import('@micro-ts/validation'),
};

/** What became of the search for a plugin. */
export type Found =
  | { readonly is: 'plugin'; readonly plugin: AnyPlugin }
  | { readonly is: 'no plugin'; readonly package: string }
  | { readonly is: 'broken'; readonly package: string; readonly reason: unknown }
  | { readonly is: 'missing'; readonly packages: readonly string[] };

/**
 * Loads a plugin by the name of its configuration.
 * @param name `etcd`, `@scope/name`, the name of any other package, or `./file.ts`.
 * @param folder where the name was written: packages and files are looked for from there first.
 */
export async function findPlugin(name: string, folder: string): Promise<Found> {
  const load = Object.hasOwn(embedded, name) ? embedded[name] : undefined;
  if (load !== undefined) return accept(name, async () => defaultOf(await load()));
  if (/^(\.{1,2}\/|\/)/.test(name)) {
    const file = resolve(folder, name);
    if (!existsSync(file)) return { is: 'missing', packages: [file] };
    return accept(name, () => importFile(file));
  }
  const packages = packagesOf(name);
  for (const each of packages) {
    const place = locate(each, folder);
    if (place instanceof Error) return { is: 'broken', package: each, reason: place };
    if (place !== undefined) return accept(each, () => importFile(place));
  }
  return { is: 'missing', packages };
}

function packagesOf(name: string): readonly string[] {
  if (name.startsWith('@')) return [name];
  const ours = `@micro-ts/${name}`;
  return officialNames.includes(name) ? [ours] : [ours, name];
}

/** Path of a package's entry, from `folder` or from here; an error if it has none for us. */
function locate(name: string, folder: string): string | Error | undefined {
  for (const from of [join(folder, 'micro.config.js'), fileURLToPath(import.meta.url)]) {
    try {
      return createRequire(from).resolve(name);
    } catch (error) {
      if (codeOf(error) === 'MODULE_NOT_FOUND') continue;
      return error instanceof Error ? error : new Error(String(error));
    }
  }
  return undefined;
}

async function accept(name: string, load: () => Promise<unknown>): Promise<Found> {
  try {
    const value = await load();
    return isPlugin(value) ? { is: 'plugin', plugin: value } : { is: 'no plugin', package: name };
  } catch (reason) {
    return { is: 'broken', package: name, reason };
  }
}

/** True for what `definePlugin` makes, of whatever copy of the interface. */
export function isPlugin(value: unknown): value is AnyPlugin {
  return (
    typeof value === 'function' &&
    typeof Reflect.get(value, 'plugin') === 'string' &&
    typeof Reflect.get(value, 'roles') === 'object'
  );
}

/** Names of the plugins that can be used as things are: those embedded, and those installed. */
export function installedNames(folder: string): readonly string[] {
  const names = new Set(Object.keys(embedded));
  for (const name of officialNames)
    if (typeof locate(`@micro-ts/${name}`, folder) === 'string') names.add(name);
  return [...names].sort();
}
