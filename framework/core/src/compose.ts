import type { Call, Interceptor, Invoke } from '@micro-ts/interface';

/** Wraps `last` in interceptors; the first of them is the outermost. Done once, at boot. */
export function compose(interceptors: readonly Interceptor[], last: Invoke): Invoke {
  return interceptors.reduceRight((next, interceptor) => interceptor(next), last);
}

/** What a room makes of a call: a promise also where it throws at once. */
export function enter(invoke: Invoke, call: Call): Promise<unknown> {
  try {
    return invoke(call);
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
