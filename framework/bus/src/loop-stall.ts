/** A process that did nothing for this long, in ms, was frozen or blocked. */
const long = 400;
const beat = 100;
/** How long, in ms, what is read after a stall may have waited during it. */
const settling = 25;

/**
 * How long this process stood still just now. What waited on a bus meanwhile carries how long its
 * caller would wait when it was sent, and nothing else tells how old it is.
 */
export class LoopStall {
  #last = performance.now();
  #until = 0;
  #stood = 0;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#beat(), beat).unref();
  }

  /** Longest, in ms, that what is read now may have waited here. */
  get waited(): number {
    const now = performance.now();
    if (now - this.#last > long) return now - this.#last;
    return now < this.#until ? this.#stood : 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const now = performance.now();
    if (now - this.#last > long) {
      this.#stood = now - this.#last;
      this.#until = now + settling;
    }
    this.#last = now;
  }
}
