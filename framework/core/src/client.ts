import { MicroError } from '@micro-ts/interface';
import type { Caller } from './caller.ts';
import type { CallOptions } from './client-types.ts';
import type { CallTarget } from './endpoint-index.ts';
import { isStream } from './streams.ts';
import { isUnreachable } from './unreachable.ts';

type ClientMethod = (request?: unknown, options?: CallOptions) => Promise<unknown>;

/**
 * A client of a service: each property is a method that calls.
 * @param targetOf what a method means, where the class of the service is known
 */
export function createClient(
  caller: Caller,
  service: string,
  targetOf: (method: string) => CallTarget = (method) => ({ method }),
): object {
  const methods = new Map<unknown, ClientMethod>();
  const make = (name: string): ClientMethod => {
    const target = targetOf(name);
    const call: ClientMethod = (request, options) =>
      asIterable(caller.call(service, target, request, options));
    methods.set(name, call);
    return call;
  };
  return new Proxy(Object.freeze(Object.create(null) as object), {
    get(_target, key) {
      const known = methods.get(key);
      if (known !== undefined) return known;
      return typeof key !== 'string' || isUnreachable(key) ? undefined : make(key);
    },
  });
}

const nothing = (): void => undefined;

interface IterablePromise extends Promise<unknown> {
  [Symbol.asyncIterator]: () => AsyncIterator<unknown>;
}

/**
 * The promise of an answer, which can be iterated too: what it is depends on the endpoint, and that is
 * known when it is used. A property, because a subclass of Promise would slow every await.
 */
function asIterable(answer: Promise<unknown>): Promise<unknown> {
  (answer as IterablePromise)[Symbol.asyncIterator] = iterate;
  return answer;
}

function iterate(this: Promise<unknown>): AsyncIterator<unknown> {
  let stream: AsyncIterator<unknown> | undefined;
  const begin = async (): Promise<AsyncIterator<unknown>> => {
    const answer = await this;
    if (!isStream(answer))
      throw new MicroError('unimplemented', 'the answer is one message: await it instead');
    stream ??= answer[Symbol.asyncIterator]();
    return stream;
  };
  return {
    next: () => stream?.next() ?? begin().then((opened) => opened.next()),
    // The answer may be long in coming, or never come: it is left when it is there.
    return: async () => {
      begin()
        .then((opened) => opened.return?.(), nothing)
        .catch(nothing);
      return { done: true, value: undefined };
    },
  };
}
