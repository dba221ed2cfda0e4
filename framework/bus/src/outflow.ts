/** Bytes that may be on their way out before more are held back. */
const most = 4 * 1_048_576;
/** Sent bytes after which it is asked whether they have left. */
const asksAfter = 524_288;

/**
 * How much a driver that buffers without bound was given and has not sent: it is asked each half
 * mebibyte, and asked for no more while four are on their way.
 */
export class Outflow {
  readonly #flush: () => Promise<void>;
  #unasked = 0;
  #unsent = 0;
  #waiting: (() => void)[] = [];

  /** @param flush resolves when all that was sent before has been read by the server */
  constructor(flush: () => Promise<void>) {
    this.#flush = flush;
  }

  get writable(): boolean {
    return this.#unsent < most;
  }

  whenWritable(work: () => void): void {
    this.#waiting.push(work);
  }

  /** Counts what was sent. */
  sent(bytes: number): void {
    this.#unasked += bytes;
    this.#unsent += bytes;
    if (this.#unasked < asksAfter) return;
    const asked = this.#unasked;
    this.#unasked = 0;
    const left = (): void => {
      this.#unsent -= asked;
      if (!this.writable) return;
      for (const work of this.#waiting.splice(0)) work();
    };
    this.#flush().then(left, left);
  }
}
