import { ConsoleLogger } from '@micro-ts/core';
import type { LogFields, Logger } from '@micro-ts/interface';
import { appValues } from './app-options.ts';
import type { Config } from './config.ts';
import { readEnvironment } from './environment.ts';
import { loadConfig } from './load-config.ts';

/**
 * A logger as that of the app which `createApp` makes of the same configuration, for what runs beside
 * it: flags and variables say its level, else the configuration does.
 * @param config in place of the file that is otherwise looked for
 * @param fields are in each of its lines
 * @throws ConfigError
 */
export async function createLogger(config?: Config, fields?: LogFields): Promise<Logger> {
  const { log } = appValues(config ?? (await loadConfig()).config, readEnvironment());
  return new ConsoleLogger(log, fields);
}
