/** A process that did nothing for this long, in ms, was frozen or blocked. */
const long = 400;
const beat = 100;
/** Long enough, in ms, for the ends of connections to be read after what came before them. */
const settling = 25;

/**
 * Notices that this process stood still. What waited in its sockets meanwhile may have been given up by
 * its callers since, and only the end of the connection, which is read last, tells.
 */
export class Stall {
  #last = performance.now();
  #until = 0;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#beat(), beat);
    this.#timer.unref();
  }

  /** Runs `work`: at once, or when it can be known who still waits for it. */
  settled(work: () => void): void {
    const now = performance.now();
    if (now - this.#last > long || now < this.#until) setTimeout(work, settling);
    else work();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const now = performance.now();
    if (now - this.#last > long) this.#until = now + settling;
    this.#last = now;
  }
}
