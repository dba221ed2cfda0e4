import { isUnreachable } from 'micro-ts';
import type { CallOptions, UntypedClient } from 'micro-ts';
import { observable } from 'rxjs';
import type { Observable } from 'rxjs';
import { asPartOfCall } from './current-call.ts';
import { observed } from './streams.ts';

type Method = UntypedClient[string];

/** What Nest asks every provider for. A client that had them would call its service for each. */
const hooks: ReadonlySet<string> = new Set([
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
]);

/**
 * A client of an app that may not be open yet: opened by the first call. Injected, it passes neither
 * for a promise nor for something with Nest's hooks. What a call returns can be made an observable by
 * `from`: of the answer, or of each answer of a stream.
 */
export function lateClient(open: () => UntypedClient): UntypedClient {
  const methods = new Map<string, Method>();
  const make = (name: string): Method => {
    const method = (request?: object, options?: CallOptions) =>
      asObservable((open()[name] as Method)(request, asPartOfCall(options)));
    methods.set(name, method);
    return method;
  };
  return new Proxy(Object.freeze(Object.create(null) as UntypedClient), {
    get(_target, key) {
      if (typeof key !== 'string' || hooks.has(key) || isUnreachable(key)) return undefined;
      return methods.get(key) ?? make(key);
    },
  });
}

type Answer = ReturnType<Method>;

/** Rx would take a stream for the promise that it is besides. A property, as in core's client. */
function asObservable(answer: Answer): Answer {
  (answer as Answer & Record<typeof observable, () => Observable<unknown>>)[observable] = observe;
  return answer;
}

function observe(this: Answer): Observable<unknown> {
  return observed(this);
}
