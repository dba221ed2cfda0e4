import type { Logger } from '@micro-ts/interface';

/** After this long without another, what happens again is worth a word again, in ms. */
const again = 10_000;

/** Logs that something begins to go wrong, and not each time that it does. */
export class Onset {
  readonly #logger: Logger;
  readonly #text: string;
  #last = -Infinity;

  constructor(logger: Logger, text: string) {
    this.#logger = logger;
    this.#text = text;
  }

  tell(fields: Readonly<Record<string, unknown>>): void {
    const now = performance.now();
    if (now - this.#last > again) this.#logger.warn(this.#text, fields);
    this.#last = now;
  }
}
