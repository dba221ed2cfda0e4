import { loadConfig } from 'micro-ts';
import type { Config, LoadedConfig } from 'micro-ts';
import type { Micro } from '../command.ts';

/** What checks look at: the system that was asked about, and the process that asks. */
export interface Surroundings {
  /** The running system. Its verbs throw a ConfigError where it cannot be opened. */
  readonly micro: Micro;
  /** Where the packages of this process are looked for: its entry point, or the folder of it. */
  readonly entry: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The configuration that this process finds. @throws ConfigError */
  readonly config: () => Promise<LoadedConfig>;
  /** How long one thing may take, in ms. */
  readonly timeout: number;
}

export function surroundings(micro: Micro, timeout: number): Surroundings {
  let config: Promise<LoadedConfig> | undefined;
  return {
    micro,
    entry: process.argv[1] ?? process.cwd(),
    variables: { ...process.env },
    config: () => (config ??= loadConfig()),
    timeout,
  };
}

/** A plugin that the configuration names. */
export interface NamedPlugin {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The registry, as variables and configuration have it. */
export function registryOf(config: Config, variables: Surroundings['variables']): NamedPlugin {
  const use: unknown = config.registry;
  const [first, options] = Array.isArray(use) ? (use as readonly unknown[]) : [use, undefined];
  const configured = typeof first === 'string' ? first : (nameOf(first) ?? 'local');
  const name = variables['MICRO_REGISTRY'] || configured;
  return { name, options: name === configured ? (Object(options) as NamedPlugin['options']) : {} };
}

function nameOf(value: unknown): string | undefined {
  const name: unknown = Reflect.get(Object(value), 'plugin') ?? Reflect.get(Object(value), 'name');
  return typeof name === 'string' && name !== '' ? name : undefined;
}
