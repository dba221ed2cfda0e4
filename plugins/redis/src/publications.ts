import { setImmediate as turn } from 'node:timers/promises';
import type { ConfigError, MicroError } from '@micro-ts/interface';
import { topicKeys } from './keys.ts';
import type { RedisLink } from './link.ts';
import type { RedisSettings } from './options.ts';
import { redisError } from './redis-errors.ts';

/** Most events that one script takes, and most characters: the server does nothing else meanwhile. */
const most = { events: 256, characters: 1024 * 1024 };

/** Events of one topic that one script takes. */
interface Batch {
  readonly link: RedisLink;
  readonly envelopes: string[];
  characters: number;
  /** Why some of them were refused, by their index. */
  readonly done: Promise<ReadonlyMap<number, Error>>;
}

/** Sends events: those of a topic that are published in one turn travel together. */
export class Publications {
  readonly #options: RedisSettings;
  /** What is sent at the end of this turn, by topic: a script of a cluster has keys of one node only. */
  readonly #open = new Map<string, Batch>();

  constructor(options: RedisSettings) {
    this.#options = options;
  }

  /** Resolves when the server has taken the event, for all of its queues. */
  publish(link: RedisLink, topic: string, envelope: string): Promise<void> {
    const batch = this.#batch(link, topic, envelope.length);
    const at = batch.envelopes.push(envelope) - 1;
    batch.characters += envelope.length;
    return batch.done.then((refused) => {
      const reason = refused.get(at);
      if (reason !== undefined) throw reason;
    });
  }

  #batch(link: RedisLink, topic: string, more: number): Batch {
    const known = this.#open.get(topic);
    if (known?.link === link && known.envelopes.length < most.events)
      if (known.characters + more <= most.characters) return known;
    const envelopes: string[] = [];
    const forget = (): void => void (this.#open.get(topic) === made && this.#open.delete(topic));
    const done = turn().then(() => (forget(), this.#send(link, topic, envelopes)));
    const made: Batch = { link, envelopes, characters: 0, done };
    this.#open.set(topic, made);
    return made;
  }

  /** Each event is taken by all queues or by none. */
  async #send(
    link: RedisLink,
    topic: string,
    envelopes: readonly string[],
  ): Promise<ReadonlyMap<number, MicroError | ConfigError>> {
    const { prefix, maxLength } = this.#options;
    const { queues, queue, wake } = topicKeys(prefix, topic);
    const args = [queue, wake, topic, maxLength, ...envelopes];
    const full = (await link.run('microPublish', [queues], ...args)) as readonly number[];
    if (full.length === 0) return nobody;
    const error = redisError(new Error('QUEUEFULL'), link.server);
    return new Map(full.map((at) => [at, error]));
  }
}

const nobody: ReadonlyMap<number, MicroError> = new Map();
