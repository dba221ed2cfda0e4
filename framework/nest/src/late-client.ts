import type { CallOptions, UntypedClient } from 'micro-ts';
import { asPartOfCall } from './current-call.ts';

type Method = UntypedClient[string];

/** What Nest asks every provider for. A client that had them would call its service for each. */
const hooks: ReadonlySet<string> = new Set([
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
]);

/** What JavaScript itself asks an object for, before there is a client that could tell. */
const unreachable: ReadonlySet<string> = new Set(['then', 'catch', 'finally', 'toJSON']);

/**
 * A client of an app that may not be open yet: opened by the first call. Injected, it passes neither
 * for a promise nor for something with Nest's hooks.
 */
export function lateClient(open: () => UntypedClient): UntypedClient {
  const methods = new Map<string, Method>();
  const make = (name: string): Method => {
    const method = (request?: object, options?: CallOptions) =>
      (open()[name] as Method)(request, asPartOfCall(options));
    methods.set(name, method);
    return method;
  };
  return new Proxy(Object.freeze(Object.create(null) as UntypedClient), {
    get(_target, key) {
      if (typeof key !== 'string' || hooks.has(key) || unreachable.has(key)) return undefined;
      if (key === 'constructor' || key.startsWith('__')) return undefined;
      return methods.get(key) ?? make(key);
    },
  });
}
