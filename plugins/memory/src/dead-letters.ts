import type { Message, MicroError } from '@micro-ts/interface';
import { letterSize } from './letter.ts';

/** An event that was given up. */
export interface DeadLetter extends Message<Uint8Array> {
  readonly topic: string;
  /** The attempt that was the last. */
  readonly attempt: number;
  /** Why it failed. */
  readonly reason: MicroError;
}

/** The latest dead letters, as many as fit. */
export class DeadLetters {
  readonly #limit: number;
  readonly #letters: DeadLetter[] = [];
  #held = 0;

  /** @param limit most bytes that they may take together. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Oldest first. */
  get all(): readonly DeadLetter[] {
    return [...this.#letters];
  }

  keep(letter: DeadLetter): void {
    this.#letters.push(letter);
    this.#held += letterSize(letter);
    while (this.#held > this.#limit) {
      const oldest = this.#letters.shift();
      if (oldest === undefined) break;
      this.#held -= letterSize(oldest);
    }
  }
}
