import type { Post } from './bus.ts';

/** A process that did nothing for this long, in ms, was frozen or blocked. */
const long = 400;
const beat = 100;

/**
 * Notices that this process stood still. What waited on the bus meanwhile carries how long its caller
 * would wait when it was sent, and nothing else tells how old it is. It has all been read when the bus
 * answers what was asked behind it: no time is long enough on a machine that is busy.
 */
export class LoopStall {
  /** Asked whether all was read. Known as soon as there is a place; nothing arrives before. */
  post: Pick<Post, 'flush'> | undefined = undefined;
  #last = performance.now();
  #waited = 0;
  #reading: Promise<void> | undefined = undefined;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#look(), beat).unref();
  }

  /** Longest, in ms, that what is read now may have waited here. */
  get waited(): number {
    this.#look();
    return this.#waited;
  }

  /** Resolves when what waited here was read; `undefined` if nothing did. */
  get reading(): Promise<void> | undefined {
    this.#look();
    return this.#reading;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    const stood = now - this.#last;
    this.#last = now;
    if (stood > long) this.#read(stood);
  }

  #read(stood: number): void {
    this.#waited = Math.max(this.#waited, stood);
    const read = (): void => {
      // It may have stood still again before that was over.
      if (this.#reading !== reading) return;
      this.#reading = undefined;
      this.#waited = 0;
    };
    const reading = Promise.resolve(this.post?.flush()).then(read, read);
    this.#reading = reading;
  }
}
