import { channel } from 'node:diagnostics_channel';
import { createApp as createCoreApp } from '@micro-ts/core';
import type { App, Class, Provider } from '@micro-ts/core';
import { withAlternatives } from './alternatives.ts';
import { appOptions, folderOf } from './app-options.ts';
import { checkConfig } from './check-config.ts';
import type { Config } from './config.ts';
import { readEnvironment } from './environment.ts';
import { loadConfig } from './load-config.ts';

/** Told of each app when it serves. Whoever started the process, as `micro run` does, listens there. */
const serving = channel('micro-ts:serving');

/** What an app is made of, besides its configuration. */
export interface AppParts {
  /** What services can have injected besides what Micro brings. */
  readonly providers?: readonly Provider[];
  /**
   * Given the app when it can call, publish and look up; it listens and registers when this resolves.
   * A rejection fails the boot.
   */
  readonly beforeServing?: (app: App) => Promise<void>;
}

/**
 * Builds an app and starts its services; resolves when they serve. Without services it is a client.
 * @param config in place of the file that is otherwise looked for. Environment and flags are over it.
 * @param services `@Service` classes, or instances of them.
 * @throws ConfigError for what is configured wrongly; nothing is left open then.
 * @example
 * const app = await createApp();
 * await app.client<Greeter>('greeter').hello({ name: 'Ann' });
 */
export async function createApp(
  config?: Config,
  services: readonly (Class | object)[] = [],
  { beforeServing, ...parts }: AppParts = {},
): Promise<App> {
  const loaded =
    config === undefined
      ? await loadConfig()
      : { config: checkConfig(config, 'the configuration'), file: undefined };
  const options = await appOptions(loaded, readEnvironment());
  const folder = folderOf(loaded);
  const opened = async (app: App): Promise<void> => {
    nameAlternatives(app, folder);
    await beforeServing?.(app);
  };
  try {
    const app = await createCoreApp({ ...options, services, ...parts }, opened);
    serving.publish(app);
    return app;
  } catch (error) {
    throw withAlternatives(error, folder);
  }
}

/** What a running app subscribes to is refused as at its boot. */
function nameAlternatives(app: App, folder: string): void {
  const subscribe = app.subscribe.bind(app);
  app.subscribe = (topic, handler, options) =>
    subscribe(topic, handler, options).catch((error: unknown) => {
      throw withAlternatives(error, folder);
    });
}
