import { randomUUID } from 'node:crypto';
import { MicroError } from '@micro-ts/interface';
import type { Broker, BrokerSubscribeOptions, Closable } from '@micro-ts/interface';
import type { DeliveryHandler, Message, RoleContext } from '@micro-ts/interface';
import { subscribeChannel } from './channel-subscription.ts';
import { topicKeys } from './keys.ts';
import type { RedisLink } from './link.ts';
import type { RedisSettings } from './options.ts';
import { Publications } from './publications.ts';
import { QueueSubscription } from './queue-subscription.ts';
import { writeEvent } from './read-event.ts';

/**
 * Events over Redis: by `PUBLISH`, in go-micro's format, to whom listens now, and by a stream for each
 * queue and for each subscription that asks for at-least-once.
 */
export class RedisBroker implements Broker {
  readonly #options: RedisSettings;
  readonly #context: RoleContext<RedisLink>;
  /** Queues of subscriptions that were lost and are about to be opened again, by topic. */
  readonly #lost = new Map<string, string[]>();

  readonly #publications: Publications;

  constructor(options: RedisSettings, context: RoleContext<RedisLink>) {
    this.#options = options;
    this.#publications = new Publications(options);
    this.#context = context;
  }

  async publish(topic: string, message: Message<Uint8Array>): Promise<void> {
    checkTopic(topic);
    const envelope = writeEvent(topic, message, this.#context.limits);
    const link = await this.#context.connection();
    return this.#publications.publish(link, topic, envelope);
  }

  async subscribe(
    topic: string,
    handler: DeliveryHandler,
    options: BrokerSubscribeOptions,
  ): Promise<Closable> {
    checkTopic(topic);
    if (topic.split('.').some((word) => word === '*' || word === '>')) {
      throw new MicroError('unimplemented', 'the redis broker knows no wildcards');
    }
    const link = await this.#context.connection();
    const { queue, delivery, concurrency } = options;
    if (queue === undefined && delivery === 'at-most-once') {
      return subscribeChannel(link, topic, handler, concurrency, this.#context);
    }
    const own = queue === undefined ? this.#ownQueue(topic) : `q:${queue}`;
    const { prefix, claimAfter, deadLetters, maxLength, goMicro } = this.#options;
    const membership = { keys: topicKeys(prefix, topic), queue: own, delivery, claimAfter };
    const { limits, logger } = this.#context;
    const settings = { topic, deadLetters, maxLength, goMicro, limits, logger };
    const opening = QueueSubscription.open(link, membership, handler, options, settings);
    const keep = (): void => void (queue === undefined && this.#keep(topic, own));
    const subscription = await opening.catch((error: unknown) => {
      keep();
      throw error;
    });
    void subscription.closed.then((reason) => reason === undefined || keep());
    return subscription;
  }

  /** The queue of a subscription without one: that of the subscription which it follows, if any. */
  #ownQueue(topic: string): string {
    const lost = this.#lost.get(topic);
    const found = lost?.shift();
    if (lost?.length === 0) this.#lost.delete(topic);
    return found ?? `s:${randomUUID()}`;
  }

  #keep(topic: string, queue: string): void {
    const lost = this.#lost.get(topic) ?? [];
    this.#lost.set(topic, [...lost, queue].slice(-1_000));
  }
}

function checkTopic(topic: string): void {
  if (topic === '') throw new MicroError('invalid_argument', 'a topic needs a name');
}
