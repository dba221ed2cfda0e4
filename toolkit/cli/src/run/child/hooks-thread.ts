// The hooks of Node 20, which run in a thread of their own.
import type { InitializeHook, LoadHook, ResolveHook } from 'node:module';
import type { MessagePort } from 'node:worker_threads';
import { load as loadTypeScript, resolve as resolveTypeScript } from './hooks.ts';

let port: MessagePort;

export const initialize: InitializeHook<MessagePort> = (given) => {
  port = given;
};

export const resolve: ResolveHook = (specifier, context, next) =>
  resolveTypeScript(specifier, context.parentURL) ?? next(specifier, context);

export const load: LoadHook = (url, context, next) => {
  const told = (file: string): void => port.postMessage(file);
  const loaded = loadTypeScript(url, told);
  return (loaded as ReturnType<LoadHook> | undefined) ?? next(url, context);
};
