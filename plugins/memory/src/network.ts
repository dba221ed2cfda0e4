import { DeadLetters } from './dead-letters.ts';
import type { DeadLetter } from './dead-letters.ts';
import { Places } from './places.ts';
import { Records } from './records.ts';
import { Topics } from './topics.ts';

/** Bounds of a {@link MemoryNetwork}. */
export interface MemoryNetworkOptions {
  /**
   * Most bytes of events that may wait in one queue or for one subscriber. Beyond, those who were
   * promised at least once make `publish` reject with `resource_exhausted`; others miss events.
   * Default 64 MiB.
   */
  readonly backlogBytes?: number;
  /** Most bytes of dead letters that are kept, the latest. Default 16 MiB. */
  readonly deadLetterBytes?: number;
}

const mebibyte = 1_024 * 1_024;

/**
 * What apps of one process share that are given the same `memory()`. Make one to look inside, or to
 * share it between several configurations.
 * @example
 * const network = new MemoryNetwork();
 * const app = await createApp({ broker: memory({ network }) }, [Greeter]);
 * expect(network.deadLetters).toEqual([]);
 */
export class MemoryNetwork {
  /** Records of nodes; for the plugin. */
  readonly records: Records;
  /** Where calls arrive; for the plugin. */
  readonly places = new Places();
  /** Who listens to what; for the plugin. */
  readonly topics: Topics;
  readonly #deadLetters: DeadLetters;

  constructor({ backlogBytes, deadLetterBytes }: MemoryNetworkOptions = {}) {
    this.#deadLetters = new DeadLetters(deadLetterBytes ?? 16 * mebibyte);
    this.records = new Records();
    this.topics = new Topics(backlogBytes ?? 64 * mebibyte, this.#deadLetters);
  }

  /** Events that were given up, the oldest first. */
  get deadLetters(): readonly DeadLetter[] {
    return this.#deadLetters.all;
  }
}
