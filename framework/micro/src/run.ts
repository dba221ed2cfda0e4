import type { App, Class } from '@micro-ts/core';
import { banner } from './banner.ts';
import { bootError } from './boot-error.ts';
import { createApp } from './create-app.ts';
import type { AppParts } from './create-app.ts';
import { closeOnSignal } from './signals.ts';

type Service = Class | object;

/**
 * The main of a program that serves: reads `micro.config.ts`, starts the services, says where they
 * listen, and drains on SIGTERM and SIGINT. If they cannot start it says why and ends the process
 * with code 1; use `createApp` to handle that yourself.
 * @returns the running app
 * @example await run(Greeter);
 * @example await run([Greeter, Orders], { providers: [provide(Pool, openPool)] });
 */
export async function run(services: Service | readonly Service[], parts?: AppParts): Promise<App> {
  let app: App;
  try {
    const list = Array.isArray(services) ? (services as readonly Service[]) : [services];
    app = closeOnSignal(await createApp(undefined, list, parts));
  } catch (error) {
    process.stderr.write(`${bootError(error)}\n`);
    process.exit(1);
  }
  process.stdout.write(banner(app));
  return app;
}
