import { MicroError } from '@micro-ts/interface';
import type { Message } from '@micro-ts/interface';
import type { Consumer } from './consumer.ts';
import type { DeadLetters } from './dead-letters.ts';
import { Fifo } from './fifo.ts';
import { letterSize } from './letter.ts';
import type { Letter } from './letter.ts';
import type { TopicPattern } from './topic-pattern.ts';

/** The events of one subscription, or of one queue, that wait for those who consume them. */
export class Mailbox {
  readonly pattern: TopicPattern;
  readonly #limit: number;
  readonly #deadLetters: DeadLetters;
  readonly #waiting = new Fifo<Letter>();
  readonly #consumers: Consumer[] = [];
  #held = 0;
  readonly #shared: boolean;
  #promised = false;
  #scheduled = false;
  #full = false;

  /**
   * @param shared it is the mailbox of a queue, not of one subscription.
   * @param limit most bytes that its events may take together.
   */
  constructor(pattern: TopicPattern, shared: boolean, limit: number, deadLetters: DeadLetters) {
    this.pattern = pattern;
    this.#shared = shared;
    this.#limit = limit;
    this.#deadLetters = deadLetters;
  }

  /** True if it keeps its events while nobody is there. */
  get durable(): boolean {
    return this.#shared && this.#promised;
  }

  get abandoned(): boolean {
    return this.#consumers.length === 0;
  }

  /** @throws MicroError `resource_exhausted` if it promises to keep what it has no room for. */
  check(message: Message<Uint8Array>): void {
    if (!this.#promised || this.#held + letterSize(message) <= this.#limit) return;
    throw new MicroError('resource_exhausted', 'too many events wait for slow subscribers');
  }

  /** Takes an event; where nothing is promised, one that finds no room is dropped. */
  put(letter: Letter): void {
    const size = letterSize(letter.message);
    const full = this.#held + size > this.#limit;
    if (full && !this.#full) {
      const { logger } = this.#consumers[0] ?? {};
      logger?.warn('a subscriber is too slow: events are dropped', { topic: letter.topic });
    }
    this.#full = full;
    if (full) return;
    this.#held += size;
    this.#waiting.add(letter);
    this.#schedule();
  }

  join(consumer: Consumer): void {
    this.#consumers.push(consumer);
    this.#promised ||= consumer.redelivers;
    this.#schedule();
  }

  leave(consumer: Consumer): void {
    const at = this.#consumers.indexOf(consumer);
    if (at >= 0) this.#consumers.splice(at, 1);
  }

  /** Deliveries start in a later turn: a publisher does not run its subscribers. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#hand();
    });
  }

  #hand(): void {
    for (;;) {
      const at = this.#consumers.findIndex((consumer) => consumer.free);
      const consumer = this.#consumers[at];
      if (consumer === undefined) return;
      const letter = this.#waiting.take();
      if (letter === undefined) return;
      // Whoever got one goes to the end, so that they take turns.
      this.#consumers.splice(at, 1);
      this.#consumers.push(consumer);
      void this.#deliver(consumer, letter);
    }
  }

  async #deliver(consumer: Consumer, letter: Letter): Promise<void> {
    const outcome = await consumer.deliver(letter);
    const { topic, message, attempt } = letter;
    if (outcome !== 'done' && outcome.again && (this.durable || !this.abandoned)) {
      this.#waiting.putBack({ topic, message, attempt: attempt + 1 });
    } else {
      this.#held -= letterSize(message);
      if (outcome !== 'done') {
        this.#deadLetters.keep({ ...message, topic, attempt, reason: outcome.reason });
        consumer.logger.warn('an event was given up', { topic, attempt, error: outcome.reason });
      }
    }
    this.#schedule();
  }
}
