/** A value that was not read yet. */
interface Waiting<T> {
  readonly value: T;
  readonly read: () => void;
  readonly leave: (reason: Error) => void;
}

/** Values that come when they come, read one by one. Whoever adds one is told what became of it. */
export class Arrivals<T> implements AsyncIterable<T> {
  readonly #waiting: Waiting<T>[] = [];
  #wake: (() => void) | undefined;
  #over = false;
  #reason: unknown;
  #left: Error | undefined;

  /** @param signal ends it */
  constructor(signal: AbortSignal) {
    if (signal.aborted) this.#over = true;
    else signal.addEventListener('abort', () => this.end(), { once: true });
  }

  /**
   * Resolves when it was read and the reader comes back for the next one. Rejects once it is
   * {@link leave left}.
   */
  add(value: T): Promise<void> {
    return new Promise((read, leave) => {
      if (this.#left !== undefined) return leave(this.#left);
      this.#waiting.push({ value, read, leave });
      this.#wake?.();
    });
  }

  /** Nothing more is read. @param reason is thrown to the reader, after what was added before */
  end(reason?: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#reason = reason;
    this.#wake?.();
  }

  /** Tells whoever has added what was not read, or adds something from now on, that it never will be. */
  leave(): void {
    this.end();
    this.#left = new Error('nobody reads any more');
    for (const { leave } of this.#waiting.splice(0)) leave(this.#left);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      if (this.#over && this.#reason === undefined) return;
      const next = this.#waiting.shift();
      if (next !== undefined) {
        let isRead = false;
        try {
          yield next.value;
          isRead = true;
        } finally {
          if (isRead) next.read();
          else this.#waiting.unshift(next);
        }
      } else if (this.#over) throw this.#reason;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
