import type { Interceptor, Invoke } from '@micro-ts/interface';

/** Wraps `last` in interceptors; the first of them is the outermost. Done once, at boot. */
export function compose(interceptors: readonly Interceptor[], last: Invoke): Invoke {
  return interceptors.reduceRight((next, interceptor) => interceptor(next), last);
}
