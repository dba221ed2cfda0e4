import { MicroError } from '@micro-ts/interface';
import type { Message } from '@micro-ts/interface';
import type { DeadLetters } from './dead-letters.ts';
import { Mailbox } from './mailbox.ts';
import { checkTopic, topicPattern } from './topic-pattern.ts';

/** Most queues and subscriptions of a network: names that are made up for each event would pile up. */
const mostMailboxes = 100_000;

/** Who listens to what on a network. */
export class Topics {
  readonly #exact = new Map<string, Set<Mailbox>>();
  readonly #wild = new Set<Mailbox>();
  readonly #queues = new Map<string, Mailbox>();
  readonly #limit: number;
  readonly #deadLetters: DeadLetters;
  #size = 0;

  constructor(limit: number, deadLetters: DeadLetters) {
    this.#limit = limit;
    this.#deadLetters = deadLetters;
  }

  /** How many queues and subscriptions there are. */
  get size(): number {
    return this.#size;
  }

  /**
   * Hands an event to all who want it, or to none.
   * @throws MicroError `resource_exhausted` if one that promises to keep events has no room.
   */
  publish(topic: string, message: Message<Uint8Array>): void {
    checkTopic(topic);
    const wanting = [...(this.#exact.get(topic) ?? [])];
    for (const mailbox of this.#wild) if (mailbox.pattern.matches(topic)) wanting.push(mailbox);
    for (const mailbox of wanting) mailbox.check(message);
    for (const mailbox of wanting) mailbox.put({ topic, message, attempt: 1 });
  }

  /** The mailbox of a queue on this topic, or one of the subscriber's own. */
  mailbox(topic: string, queue: string | undefined): Mailbox {
    const key = JSON.stringify([queue, topic]);
    const known = queue === undefined ? undefined : this.#queues.get(key);
    if (known !== undefined) return known;
    const pattern = topicPattern(topic);
    if (this.#size >= mostMailboxes) {
      throw new MicroError('resource_exhausted', 'too many queues and subscriptions');
    }
    const made = new Mailbox(pattern, queue !== undefined, this.#limit, this.#deadLetters);
    if (queue !== undefined) this.#queues.set(key, made);
    if (pattern.wild) this.#wild.add(made);
    else this.#exact.set(topic, (this.#exact.get(topic) ?? new Set()).add(made));
    this.#size += 1;
    return made;
  }

  /** Forgets a mailbox that nobody consumes and that promises nothing. */
  sweep(topic: string, queue: string | undefined, mailbox: Mailbox): void {
    if (!mailbox.abandoned || mailbox.durable) return;
    if (queue !== undefined) this.#queues.delete(JSON.stringify([queue, topic]));
    const exact = this.#exact.get(topic);
    if (!this.#wild.delete(mailbox) && exact?.delete(mailbox) !== true) return;
    if (exact?.size === 0) this.#exact.delete(topic);
    this.#size -= 1;
  }
}
