/** Values that come when they come, read one by one. Whoever adds one waits until it is read. */
export class Arrivals<T> implements AsyncIterable<T> {
  readonly #waiting: { readonly value: T; readonly taken: () => void }[] = [];
  #wake: (() => void) | undefined;
  #over = false;
  #reason: unknown;

  /** @param signal ends it */
  constructor(signal: AbortSignal) {
    if (signal.aborted) this.#over = true;
    else signal.addEventListener('abort', () => this.end(), { once: true });
  }

  /** Resolves when the value was read, or nobody reads any more. */
  add(value: T): Promise<void> {
    if (this.#over) return Promise.resolve();
    return new Promise((taken) => {
      this.#waiting.push({ value, taken });
      this.#wake?.();
    });
  }

  /** @param reason is thrown to the reader, after what was added before */
  end(reason?: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#reason = reason;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    try {
      for (;;) {
        const next = this.#waiting.shift();
        if (next !== undefined) {
          try {
            yield next.value;
          } finally {
            next.taken();
          }
        } else if (this.#over) {
          if (this.#reason !== undefined) throw this.#reason;
          return;
        } else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#over = true;
      for (const { taken } of this.#waiting.splice(0)) taken();
    }
  }
}
