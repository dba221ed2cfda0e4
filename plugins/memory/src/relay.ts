import type { AsyncResource } from 'node:async_hooks';
import type { Limits, MicroError } from '@micro-ts/interface';
import { copyBytes, copyError } from './copy.ts';

/** How a stream ended: read to its end, given up by its reader, or broken by its source. */
export type RelayEnd = 'done' | 'returned' | MicroError;

/**
 * The reader's end of a stream. It pulls one message when it is asked for one, and so a reader that
 * stalls stops the source. The source runs in the async context of its own side.
 */
export class Relay implements AsyncIterableIterator<Uint8Array> {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #limits: Limits;
  readonly #told: (end: RelayEnd) => void;
  readonly #context: AsyncResource;
  readonly #pending = new Set<(reason: MicroError | undefined) => void>();
  #failure: MicroError | undefined;
  #over = false;

  /**
   * @param context where the source runs.
   * @param told called once, unless {@link fail} was called before.
   */
  constructor(
    source: AsyncIterable<Uint8Array>,
    context: AsyncResource,
    limits: Limits,
    told: (end: RelayEnd) => void,
  ) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#context = context;
    this.#limits = limits;
    this.#told = told;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#over) return this.#afterwards();
    return new Promise((resolve, reject) => {
      const cut = (reason: MicroError | undefined): void =>
        reason === undefined ? resolve({ done: true, value: undefined }) : reject(reason);
      this.#pending.add(cut);
      this.#pull()
        .then(resolve, reject)
        .finally(() => this.#pending.delete(cut));
    });
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    if (this.#end()) {
      for (const cut of this.#pending) cut(undefined);
      this.#told('returned');
    }
    return { done: true, value: undefined };
  }

  /** Breaks it for its reader, who is told at once, and stops the source. */
  fail(reason: MicroError): void {
    if (!this.#end()) return;
    this.#failure = this.#pending.size === 0 ? reason : undefined;
    for (const cut of this.#pending) cut(reason);
  }

  async #pull(): Promise<IteratorResult<Uint8Array>> {
    try {
      const step = await this.#context.runInAsyncScope(() => this.#iterator.next());
      if (this.#over) return await this.#afterwards();
      if (step.done !== true) return { done: false, value: copyBytes(step.value, this.#limits) };
      this.#over = true;
      this.#told('done');
      return { done: true, value: undefined };
    } catch (error) {
      const reason = copyError(error);
      if (this.#end()) this.#told(reason);
      throw reason;
    }
  }

  /** What comes when all is over: the failure, once, if nobody has heard of it yet. */
  async #afterwards(): Promise<IteratorResult<Uint8Array>> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    return { done: true, value: undefined };
  }

  /** Stops the source. It is not waited for: it may hang. */
  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    void this.#stop().catch(() => undefined);
    return true;
  }

  async #stop(): Promise<void> {
    await this.#context.runInAsyncScope(() => this.#iterator.return?.());
  }
}
