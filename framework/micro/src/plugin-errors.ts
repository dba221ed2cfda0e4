import { ConfigError } from '@micro-ts/interface';
import type { Configured, Role } from '@micro-ts/interface';
import type { Setting } from './environment.ts';
import { codeOf } from './import-file.ts';
import { nearest } from './nearest.ts';
import { optionNames } from './plugin-address.ts';
import { findPlugin, installedNames, officialNames } from './plugin-packages.ts';
import type { AnyPlugin } from './plugin-packages.ts';
import type { Place } from './place.ts';

/** Neither a name, nor a name with options, nor a plugin. */
export function unreadable(role: Role, { from }: Place): ConfigError {
  return new ConfigError(
    role,
    `names no plugin (${from})`,
    "Write a name, ['name', { options }], or the plugin itself",
  );
}

/** Nothing is installed under that name. @param packages where it was looked for. */
export function missingPlugin(
  role: Role,
  name: string,
  packages: readonly string[],
  { from, folder }: Place,
): ConfigError {
  const place = packages[0] ?? name;
  if (/^[./]/.test(name)) return new ConfigError(role, `there is no file ${place} (${from})`);
  if (officialNames.includes(name) || name.startsWith('@'))
    return new ConfigError(role, `${place} is not installed (${from})`, `npm install ${place}`);
  const installed = installedNames(folder);
  const others = officialNames.filter((each) => !installed.includes(each));
  const meant = nearest(name, officialNames);
  const all = `Installed: ${installed.join(', ')}. To be had: ${others.join(', ')}`;
  return new ConfigError(
    role,
    `there is no plugin "${name}" (${from})`,
    meant === undefined ? all : `Did you mean "${meant}"?`,
  );
}

/** The package is there, and is something else. */
export function noPlugin(role: Role, name: string, { from }: Place): ConfigError {
  return new ConfigError(
    role,
    `${name} is no plugin of Micro (${from})`,
    'A plugin is a package whose default export was made by definePlugin',
  );
}

/** The package is there, and fails as it loads. */
export function brokenPlugin(role: Role, name: string, reason: unknown, place: Place): Error {
  if (reason instanceof Error && reason.name === 'ConfigError') return reason;
  const text = reason instanceof Error ? reason.message : String(reason);
  if (codeOf(reason) === 'ERR_PACKAGE_PATH_NOT_EXPORTED')
    return new ConfigError(
      role,
      `${name} cannot be loaded (${place.from}): its package.json exports no entry`,
      'In a plugin, "exports" needs the condition "default"; "import" alone is not enough',
    );
  return new ConfigError(role, `${name} cannot be loaded (${place.from}): ${text}`);
}

/** The plugin does not play the role; tells which do. */
export async function cannotPlay(
  role: Role,
  { name, roles }: Configured,
  { from, folder }: Place,
): Promise<ConfigError> {
  const able: string[] = [];
  for (const each of installedNames(folder)) {
    const found = await findPlugin(each, folder);
    if (found.is === 'plugin' && Object.hasOwn(found.plugin.roles, role)) able.push(each);
  }
  return new ConfigError(
    role,
    `${name} is no ${role}, only ${Object.keys(roles).join(' and ')} (${from})`,
    `Installed plugins that are: ${able.join(', ') || 'none'}`,
  );
}

/** The environment wants to change what it cannot see. */
export function givenByValue(
  { name }: Configured,
  from: string,
  address: Setting<string>,
): ConfigError {
  return new ConfigError(
    address.from,
    `cannot change ${name}, which ${from} gives by value`,
    `Give it by name, as in ['${name}', { … }], or leave ${address.from} out`,
  );
}

/** The plugin's own word about its options, under the key where they stand. */
export function misconfigured(
  role: Role,
  plugin: AnyPlugin,
  error: unknown,
  place: Place,
): unknown {
  if (!(error instanceof Error) || error.name !== 'ConfigError') return error;
  const { plugin: name } = plugin;
  const key = String(Reflect.get(error, 'key'));
  const [first = '', ...fix] = error.message.split('\n  ');
  if (key !== name && !key.startsWith(`${name}.`)) return error;
  const option = key.slice(name.length + 1);
  const problem = first.slice(key.length + ': '.length);
  return new ConfigError(
    option === '' ? role : `${role}.${option}`,
    `${problem} (${name}, in ${place.address?.from ?? place.from})`,
    fix.join('\n  ') || cure(plugin, option),
  );
}

function cure(plugin: AnyPlugin, option: string): string | undefined {
  const names = optionNames(plugin.options) ?? [];
  if (names.length === 0 || names.includes(option.split('.')[0] ?? '')) return undefined;
  const meant = nearest(option, names);
  return meant === undefined
    ? `Options of ${plugin.plugin}: ${names.join(', ')}`
    : `Did you mean "${meant}"?`;
}
