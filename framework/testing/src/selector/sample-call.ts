import { Lifetime, metadata } from '@micro-ts/interface';
import type { Call, ContextKey, MetadataSource } from '@micro-ts/interface';

/** A call as a selector sees it: on the client's side, with a request of its own. */
export function sampleCall(request: unknown, source: MetadataSource): Call {
  const values = new Map<unknown, unknown>();
  const lifetime = new Lifetime(performance.now() + 60_000);
  const call: Call = {
    side: 'client',
    kind: 'unary',
    service: 'kit',
    endpoint: 'Kit.Echo',
    metadata: metadata(source),
    attempt: 1,
    peer: undefined,
    request,
    lifetime,
    idempotent: false,
    get signal() {
      return lifetime.signal;
    },
    get timeLeft() {
      return lifetime.left;
    },
    get: <T>(key: ContextKey<T>) => (values.has(key) ? (values.get(key) as T) : key.initial),
    set: (key, value) => void values.set(key, value),
    with: (changes) => Object.assign({}, call, changes),
  };
  return call;
}
