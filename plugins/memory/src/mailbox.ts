import type { Consumer } from '@micro-ts/delivery';
import { MicroError } from '@micro-ts/interface';
import type { Logger, Message } from '@micro-ts/interface';
import type { DeadLetters } from './dead-letters.ts';
import { Fifo } from './fifo.ts';
import { letterSize } from './letter.ts';
import type { Letter } from './letter.ts';
import type { TopicPattern } from './topic-pattern.ts';

/** One that consumes, and where it says what was given up. */
export interface Member {
  readonly consumer: Consumer;
  readonly logger: Logger;
}

/** The events of one subscription, or of one queue, that wait for those who consume them. */
export class Mailbox {
  readonly pattern: TopicPattern;
  readonly #limit: number;
  readonly #deadLetters: DeadLetters;
  readonly #waiting = new Fifo<Letter>();
  readonly #members: Member[] = [];
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
    return this.#members.length === 0;
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
      const { logger } = this.#members[0] ?? {};
      logger?.warn('a subscriber is too slow: events are dropped', { topic: letter.topic });
    }
    this.#full = full;
    if (full) return;
    this.#held += size;
    this.#waiting.add(letter);
    this.#schedule();
  }

  join(member: Member): void {
    this.#members.push(member);
    this.#promised ||= member.consumer.redelivers;
    this.#schedule();
  }

  leave(member: Member): void {
    const at = this.#members.indexOf(member);
    if (at >= 0) this.#members.splice(at, 1);
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
      const at = this.#members.findIndex(({ consumer }) => consumer.free);
      const member = this.#members[at];
      if (member === undefined) return;
      const letter = this.#waiting.take();
      if (letter === undefined) return;
      // Whoever got one goes to the end, so that they take turns.
      this.#members.splice(at, 1);
      this.#members.push(member);
      void this.#deliver(member, letter);
    }
  }

  async #deliver({ consumer, logger }: Member, letter: Letter): Promise<void> {
    const { topic, message, attempt } = letter;
    // Bytes of its own, so that a handler cannot spoil the next delivery.
    const body = Uint8Array.from(message.body);
    const outcome = await consumer.deliver({ ...message, body, topic, attempt });
    if (outcome !== 'done' && outcome.again && (this.durable || !this.abandoned)) {
      this.#waiting.putBack({ topic, message, attempt: attempt + 1 });
    } else {
      this.#held -= letterSize(message);
      if (outcome !== 'done') {
        this.#deadLetters.keep({ ...message, topic, attempt, reason: outcome.reason });
        logger.warn('an event was given up', { topic, attempt, error: outcome.reason });
      }
    }
    this.#schedule();
  }
}
