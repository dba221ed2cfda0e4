import type { LogFields, Logger } from '@micro-ts/interface';

/** Most keys that are told apart; what comes after that is silent. */
const most = 256;

/**
 * Warns of records that are wrong: once for each key, for they are read again and again, and of 256
 * keys at most, for others can write nonsense for ever.
 */
export class ReportOnce {
  readonly #logger: Logger;
  readonly #told = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @param key whose record it is, or where it is. */
  warn(key: string, message: string, fields: LogFields): void {
    if (this.#told.has(key) || this.#told.size >= most) return;
    this.#told.add(key);
    this.#logger.warn(message, fields);
  }

  /** The record is right; when it is wrong again, that is worth a warning again. */
  forget(key: string): void {
    this.#told.delete(key);
  }
}
