import { createApp, loadConfig } from 'micro-ts';
import type { App, Config, LoadedConfig } from 'micro-ts';

/** What checks look at. */
export interface Surroundings {
  /** Absolute path of the folder whose program is examined. */
  readonly folder: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The configuration. @throws ConfigError */
  readonly config: () => Promise<LoadedConfig>;
  /** An app without services. @throws ConfigError, MicroError */
  readonly app: () => Promise<App>;
  /** How long one thing may take, in ms. */
  readonly patience: number;
}

/** A plugin that the configuration names. */
export interface Named {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Opens what is asked for, once. The second value closes it. */
export function surroundings(
  folder: string,
  patience: number,
): readonly [Surroundings, () => Promise<void>] {
  // The program is the one of the folder: its configuration and packages are looked for from there.
  process.argv[1] = folder;
  let config: Promise<LoadedConfig> | undefined;
  let app: Promise<App> | undefined;
  const opened: Surroundings = {
    ...{ folder, patience, variables: { ...process.env } },
    config: () => (config ??= loadConfig(folder)),
    app: () => (app ??= createApp()),
  };
  return [opened, async () => (await app?.catch(() => undefined))?.close()];
}

/** The plugin of a role, as variables and configuration have it; `fallback` if they say nothing. */
export function pluginOf(
  role: 'registry' | 'broker',
  config: Config,
  variables: Surroundings['variables'],
  fallback: string,
): Named {
  const use: unknown = config[role];
  const [first, options] = Array.isArray(use) ? (use as readonly unknown[]) : [use, undefined];
  const configured = typeof first === 'string' ? first : (nameOf(first) ?? fallback);
  const name = variables[`MICRO_${role.toUpperCase()}`] || configured;
  return { name, options: name === configured ? (Object(options) as Named['options']) : {} };
}

function nameOf(value: unknown): string | undefined {
  const name: unknown = Reflect.get(Object(value), 'plugin') ?? Reflect.get(Object(value), 'name');
  return typeof name === 'string' && name !== '' ? name : undefined;
}
