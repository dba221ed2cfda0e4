import type { Lifetime, MicroError } from '@micro-ts/interface';

/**
 * The outcome of the work, or the reason of the lifetime if that ends first.
 * @param settled told at the same time, once
 */
export function orEnd<T>(lifetime: Lifetime, work: Promise<T>, settled?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      settled?.();
    };
    const cut = (reason: MicroError): void => {
      end();
      reject(reason);
    };
    lifetime.onEnd(cut);
    work.then(
      (value) => {
        lifetime.offEnd(cut);
        end();
        resolve(value);
      },
      (error: unknown) => {
        lifetime.offEnd(cut);
        end();
        reject(error as Error);
      },
    );
  });
}
