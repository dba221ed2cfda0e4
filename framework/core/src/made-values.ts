import { ConfigError } from '@micro-ts/interface';

/** How to let go of a value; `undefined` if there is nothing to do. */
export type Disposal = (value: unknown) => (() => unknown) | undefined;

/** How long closing waits for what is still being made, in ms. */
const longestWait = 5_000;

/**
 * Makes values, some of which take their time, remembers how to let go of them, and does so at the
 * end, the youngest first.
 */
export class MadeValues {
  readonly #making = new Set<Promise<unknown>>();
  readonly #disposals: (() => unknown)[] = [];
  #closing: Promise<void> | undefined = undefined;
  #closed = false;

  /**
   * What `make` returns. If that fails, the error says what it was that could not be made.
   * @param disposal absent for what is not ours to let go of
   */
  make(name: string, make: () => unknown, disposal: Disposal | undefined): unknown {
    if (this.#closing !== undefined) throw new Error(`${name} is not made any more: closed`);
    const fail = (cause: unknown): never => {
      throw failed(name, cause);
    };
    let value: unknown;
    try {
      value = make();
    } catch (cause) {
      return fail(cause);
    }
    if (!isThenable(value)) return this.#remember(value, disposal);
    const making = Promise.resolve(value).then((made) => this.#remember(made, disposal), fail);
    const done = (): void => void this.#making.delete(making);
    this.#making.add(making);
    making.then(done, done);
    return making;
  }

  /** Lets go of everything. Rejects with all that failed to close. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // What hangs must not keep others from closing, nor the reason of a failed boot from being seen.
    if (this.#making.size > 0) await Promise.race([Promise.allSettled(this.#making), patience()]);
    this.#closed = true;
    const failures: unknown[] = [];
    for (const dispose of this.#disposals.splice(0).reverse()) {
      try {
        await dispose();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'not all that was provided closed');
  }

  #remember<T>(value: T, disposal: Disposal | undefined): T {
    const dispose = disposal?.(value);
    if (dispose === undefined) return value;
    if (!this.#closed) this.#disposals.push(dispose);
    else void Promise.resolve().then(dispose).catch(ignore);
    return value;
  }
}

const ignore = (): void => undefined;

const patience = (): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, longestWait).unref());

function isThenable(value: unknown): value is PromiseLike<unknown> {
  const holds = typeof value === 'object' && value !== null && 'then' in value;
  return holds && typeof value.then === 'function';
}

function failed(name: string, cause: unknown): Error {
  if (cause instanceof ConfigError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${name} could not be made: ${text}`, { cause });
}
