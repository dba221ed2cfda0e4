/** What is told to the server: this one, or all up to this one. */
export type Acknowledge = (tag: number, allUpTo: boolean) => void;

/**
 * The acknowledgements of one channel. Those of one turn of the loop go out together, and one message
 * stands for all without a gap before it: each that the server gets costs it about as much as an event.
 */
export class Acknowledgements {
  readonly #tell: Acknowledge;
  /** All up to this one are settled. The server counts what it hands out on a channel from 1. */
  #low = 0;
  /** Settled above that. */
  readonly #above = new Set<number>();
  /** Acknowledged in this turn, and not told yet. */
  #fresh: number[] = [];

  constructor(tell: Acknowledge) {
    this.#tell = tell;
  }

  /** It is done; the server is told at the end of this turn. */
  add(tag: number): void {
    this.#fresh.push(tag);
    if (this.#fresh.length === 1) process.nextTick(() => this.flush());
  }

  /** It was settled in another way, and leaves no gap. */
  settled(tag: number): void {
    this.flush();
    this.#above.add(tag);
    this.#advance();
  }

  /** Tells the server now. */
  flush(): void {
    const tags = this.#fresh;
    if (tags.length === 0) return;
    this.#fresh = [];
    for (const tag of tags) this.#above.add(tag);
    this.#advance();
    const last = tags.reduce((most, tag) => (tag <= this.#low ? Math.max(most, tag) : most), 0);
    if (last > 0) this.#tell(last, true);
    for (const tag of tags) if (tag > this.#low) this.#tell(tag, false);
  }

  #advance(): void {
    while (this.#above.delete(this.#low + 1)) this.#low += 1;
  }
}
