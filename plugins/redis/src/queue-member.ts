import { randomUUID } from 'node:crypto';
import type { BrokerSubscribeOptions } from '@micro-ts/interface';
import type { TopicKeys } from './keys.ts';
import type { RedisLink } from './link.ts';

/** An event as the server has it. */
export interface Entry {
  readonly id: string;
  readonly attempt: number;
  readonly fields: readonly string[];
}

/** Whose queue it is, and how it is consumed. */
export interface Membership {
  readonly keys: TopicKeys;
  /** `q:` and the name of a queue, or `s:` and an id of the subscription's own. */
  readonly queue: string;
  readonly delivery: BrokerSubscribeOptions['delivery'];
  /** Ms after which others take what this consumer has in hand, if it is dead. */
  readonly claimAfter: number;
}

/** How long a subscription without a queue may be away before its events go, in ms. */
const absence = 60_000;

/** One consumer of a queue: what it asks of the server. */
export class QueueMember {
  readonly #link: RedisLink;
  readonly #membership: Membership;
  readonly #consumer = randomUUID();
  readonly #stream: string;

  constructor(link: RedisLink, membership: Membership) {
    this.#link = link;
    this.#membership = membership;
    this.#stream = membership.keys.queue + membership.queue;
  }

  async join(): Promise<void> {
    await this.#ask('microJoin', this.#lease);
  }

  /** Tells that this consumer lives, and works on these events. */
  async tend(ids: Iterable<string>): Promise<void> {
    await this.#ask('microTend', this.#lease, ...ids);
  }

  /** @param lost the subscription is opened again: a queue of its own waits for that */
  async leave(lost: boolean): Promise<void> {
    if (!lost || !this.#isOwn) await this.#ask('microLeave');
  }

  /** @param claim also what came back, and what a dead consumer holds */
  async take(count: number, claim: boolean): Promise<readonly Entry[]> {
    const { claimAfter } = this.#membership;
    const claims = claim && !this.#forgets ? 1 : 0;
    const flags = [claimAfter, claims, this.#forgets ? 1 : 0];
    const all = [this.#consumer, count, ...flags];
    const taken = await this.#link.run('microTake', [this.#stream], ...all);
    const found = taken as readonly (readonly [string, number, readonly string[]])[];
    return found.map(([id, attempt, fields]) => ({ id, attempt, fields }));
  }

  async done({ id }: Entry): Promise<void> {
    if (!this.#forgets) await this.#link.run('microDone', [this.#stream], id);
  }

  /** Lets it come again after `delay` ms, with the next attempt. */
  async again({ id, attempt }: Entry, delay: number): Promise<void> {
    const idle = Math.max(0, this.#membership.claimAfter - delay);
    await this.#link.run('microAgain', [this.#stream], id, this.#consumer, idle, attempt, '');
  }

  /** Leaves it to the other consumers, now. @param tried it was in the hands of the handler */
  async release({ id, attempt }: Entry, tried: boolean): Promise<void> {
    const { claimAfter, keys } = this.#membership;
    const args = [id, this.#consumer, claimAfter, tried ? attempt : attempt - 1, keys.wake];
    await this.#link.run('microAgain', [this.#stream], ...args);
  }

  async bury(id: string, most: number, letter: readonly string[]): Promise<void> {
    if (this.#forgets) return;
    const { dead } = this.#membership.keys;
    await this.#link.run('microBury', [this.#stream, dead], id, most, ...letter);
  }

  /** Each event is acknowledged when it is taken. */
  get #forgets(): boolean {
    return this.#membership.delivery === 'at-most-once';
  }

  /** No other consumer shares it. */
  get #isOwn(): boolean {
    return this.#membership.queue.startsWith('s:');
  }

  get #lease(): string {
    const { claimAfter } = this.#membership;
    if (this.#isOwn) return String(Math.max(absence, 6 * claimAfter));
    return this.#forgets ? String(claimAfter) : 'inf';
  }

  #ask(script: 'microJoin' | 'microTend' | 'microLeave', ...args: string[]): Promise<unknown> {
    const { keys, queue } = this.#membership;
    const all = [keys.queue, queue, this.#consumer, ...args];
    return this.#link.run(script, [keys.queues], ...all);
  }
}
