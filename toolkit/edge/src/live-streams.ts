import { refusal } from './refusal.ts';

/** Streams and sockets that run, so that they can be ended before the server closes. */
export class LiveStreams {
  readonly #ends = new Set<() => void>();
  readonly #most: number;
  #over = false;

  /** @param most how many may run at once */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#ends.size;
  }

  /** @throws MicroError `unavailable` if the server closes, `resource_exhausted` if too many run */
  admit(): void {
    if (this.#over) throw refusal('unavailable', 'the server is closing');
    if (this.#ends.size >= this.#most) throw refusal('resource_exhausted', 'too many streams run');
  }

  /**
   * Adds one that begins.
   * @param end tells it to end, so that its client comes back elsewhere
   * @returns what forgets it
   * @throws MicroError see {@link admit}
   */
  add(end: () => void): () => void {
    this.admit();
    this.#ends.add(end);
    return () => void this.#ends.delete(end);
  }

  /** Ends all; there will be no more. */
  end(): void {
    this.#over = true;
    for (const end of this.#ends) end();
  }
}
