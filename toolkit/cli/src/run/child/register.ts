// Loaded before a program that `micro run` starts: TypeScript can be imported from here on.
import 'reflect-metadata';
import * as nodeModule from 'node:module';
import { extname } from 'node:path';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { load, resolve } from './hooks.ts';
import type { Loaded, Resolved } from './hooks.ts';
import { tellLoaded, tie } from './link.ts';
import { extendRequire } from './require.ts';

/** Hooks in this thread, for `import` and `require`: Node 22.15 and later. */
interface SyncHooks {
  resolve(specifier: string, context: { parentURL?: string }, next: Next<Resolved>): Resolved;
  load(url: string, context: object, next: Next<Loaded>): Loaded;
}
type Next<T> = (name: string, context: object) => T;

extendRequire(tellLoaded);

const { registerHooks } = nodeModule as { registerHooks?: (hooks: SyncHooks) => void };

if (registerHooks !== undefined) {
  registerHooks({
    resolve: (specifier, context, next) =>
      resolve(specifier, context.parentURL) ?? next(specifier, context),
    load: (url, context, next) => load(url, tellLoaded) ?? next(url, context),
  });
} else {
  const { port1, port2 } = new MessageChannel();
  port1.on('message', tellLoaded);
  port1.unref();
  process.once('exit', () => {
    for (let told = receiveMessageOnPort(port1); told; told = receiveMessageOnPort(port1))
      tellLoaded(told.message as string);
  });
  nodeModule.register(new URL(`./hooks-thread${extname(import.meta.url)}`, import.meta.url), {
    data: port2,
    transferList: [port2],
  });
}
tie();
