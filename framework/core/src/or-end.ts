import type { Lifetime } from '@micro-ts/interface';

/**
 * The outcome of the work, or the reason of the lifetime if that ends first.
 * @param settled told when the work has settled, however late
 */
export function orEnd<T>(lifetime: Lifetime, work: Promise<T>, settled?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    lifetime.onEnd(reject);
    work.then(
      (value) => {
        lifetime.offEnd(reject);
        settled?.();
        resolve(value);
      },
      (error: unknown) => {
        lifetime.offEnd(reject);
        settled?.();
        reject(error as Error);
      },
    );
  });
}
