import { dirname } from 'node:path';
import { ConsoleLogger } from '@micro-ts/core';
import type { AppOptions } from '@micro-ts/core';
import { metadata } from '@micro-ts/interface';
import { choosePlugins } from './choose-plugins.ts';
import type { Config } from './config.ts';
import { misspelt } from './environment.ts';
import type { Environment } from './environment.ts';
import { entryFolder } from './find-config.ts';
import { shown } from './load-config.ts';
import type { LoadedConfig } from './load-config.ts';

/** What core is given, but for the services. */
export type Infrastructure = Omit<AppOptions, 'services' | 'providers'>;

/**
 * Infrastructure as the configuration wants it, with its plugins resolved: flags over variables over
 * the file over defaults.
 * @throws ConfigError
 */
export async function appOptions(
  { config, file }: LoadedConfig,
  environment: Environment,
): Promise<Infrastructure> {
  const plugins = await choosePlugins(config, environment, {
    from: file === undefined ? 'the configuration' : shown(file),
    folder: folderOf({ config, file }),
  });
  const { log, ...values } = appValues(config, environment);
  const logger = new ConsoleLogger(log);
  for (const { variable, meant } of misspelt())
    logger.warn(`${variable} is not known; did you mean ${meant}?`);
  return { ...plugins, ...values, logger };
}

/** Where packages that a configuration names are looked for first. */
export const folderOf = ({ file }: LoadedConfig): string =>
  file === undefined ? entryFolder() : dirname(file);

/** What needs no plugin; `undefined` where core has a default. */
export function appValues(config: Config, environment: Environment) {
  const { server_metadata, register_ttl, register_interval } = environment;
  const labels = metadata(config.metadata, server_metadata?.value);
  return {
    name: environment.server_name?.value ?? config.name,
    id: environment.server_id?.value,
    version: environment.server_version?.value ?? config.version,
    address: environment.server_address?.value ?? config.address,
    advertise: environment.server_advertise?.value ?? config.advertise,
    metadata: labels,
    deadline: environment.client_request_timeout?.value ?? config.deadline,
    retries: environment.client_retries?.value ?? config.retries,
    registerTtl: ttlOf(register_ttl?.value, register_interval?.value) ?? config.registerTtl,
    limits: config.limits,
    interceptors: config.interceptors,
    grace: config.grace,
    debug: config.debug,
    log: environment.log_level?.value ?? config.log,
  };
}

/** A node is told again at each third of its ttl, so an interval bounds the ttl too. */
function ttlOf(ttl: number | undefined, interval: number | undefined): number | undefined {
  if (interval === undefined) return ttl;
  return Math.min(ttl ?? Infinity, interval * 3);
}
