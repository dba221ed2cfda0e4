import { randomUUID } from 'node:crypto';
import { MicroError } from '@micro-ts/interface';
import type { BrokerSubscribeOptions, DeliveryHandler } from '@micro-ts/interface';
import type { Channel } from 'amqplib';
import type { RabbitConnection } from '../connection.ts';
import { brokenError } from '../errors.ts';
import type { Exchanges } from './exchanges.ts';
import { checked } from './topic-key.ts';
import type { TopicPattern } from './topic-key.ts';

/** How long a lasting queue of a single subscriber waits for it, in ms: it may only have lost its way. */
const absence = 10 * 60_000;

/** Room in the name of a queue for what is set aside: `.retry.60000`. */
const asideName = '.retry.60000';

/** What is asked for, and who asks. */
export interface Wanted {
  readonly topic: string;
  readonly pattern: TopicPattern;
  readonly handler: DeliveryHandler;
  readonly options: BrokerSubscribeOptions;
}

/** A queue on the server that gets the events of a subscription. */
export interface Place {
  readonly queue: string;
  /** Where its dead letters are. */
  readonly dead: string;
  /** It belongs to this subscription alone, and goes with it. */
  readonly own: boolean;
}

/** Finds or makes the queues of subscriptions. */
export class Queues {
  readonly #exchanges: Exchanges;
  readonly #prefix: string;
  /** Queues of single subscribers that were lost, by topic: the next one of that handler goes on there. */
  readonly #left = new WeakMap<DeliveryHandler, Map<string, Place[]>>();

  constructor(exchanges: Exchanges, app: string) {
    this.#exchanges = exchanges;
    this.#prefix = `${exchanges.events}.${app.slice(0, 40)}`;
  }

  /** The queue of a subscription, bound; on the channel that will consume from it. */
  async attach(connection: RabbitConnection, channel: Channel, wanted: Wanted): Promise<Place> {
    const { pattern, options } = wanted;
    const { events, lasting } = this.#exchanges;
    const lasts = options.delivery === 'at-least-once';
    const [place] = await Promise.all([
      options.queue === undefined
        ? this.#own(channel, wanted)
        : shared(connection, channel, { ...wanted, queue: options.queue }),
      lasts ? this.#exchanges.declareLasting(connection) : this.#exchanges.declare(connection),
    ]);
    await channel.bindQueue(place.queue, lasts ? lasting : events, pattern.bindingKey);
    return place;
  }

  /** A subscription was lost and may come back. */
  leave({ handler, topic }: Wanted, place: Place): void {
    const topics = this.#left.get(handler) ?? new Map<string, Place[]>();
    this.#left.set(handler, topics.set(topic, [...(topics.get(topic) ?? []), place]));
  }

  async #own(channel: Channel, wanted: Wanted): Promise<Place> {
    const dead = `${this.#exchanges.events}.dead`;
    if (wanted.options.delivery === 'at-most-once') {
      const { queue } = await channel.assertQueue('', { exclusive: true, durable: false });
      return { queue, dead, own: true };
    }
    const left = this.#left.get(wanted.handler)?.get(wanted.topic)?.pop();
    const place = left ?? { queue: checked(`${this.#prefix}.${randomUUID()}`), dead, own: true };
    try {
      await channel.assertQueue(place.queue, { durable: true, expires: absence });
      return place;
    } catch (error) {
      this.leave(wanted, place);
      throw error;
    }
  }
}

interface Shared extends Wanted {
  readonly queue: string;
}

/**
 * A queue that others may have made, under go-micro's name for it: the name alone. One that is in use
 * for another topic would mix their events; then the topic is added. Who has the name is told by an
 * exchange to which nobody publishes and which lasts as long as the queue: the server refuses to
 * declare it for another topic.
 */
async function shared(
  connection: RabbitConnection,
  channel: Channel,
  { queue, topic, options }: Shared,
): Promise<Place> {
  const durable = options.delivery === 'at-least-once';
  const claim = checked(`${queue}.topic`);
  const claimed = await connection
    .briefly((brief) =>
      brief.assertExchange(claim, 'direct', {
        durable,
        autoDelete: true,
        alternateExchange: topic,
      }),
    )
    .then(() => true, elsewhere);
  const name = claimed ? queue : `${queue}:${topic}`;
  checked(name + asideName);
  try {
    await channel.assertQueue(name, { durable, autoDelete: !durable });
  } catch (error) {
    const broken = brokenError(connection.server, error);
    if (broken.code !== 'failed_precondition') throw broken;
    const text = `${broken.message}: its subscribers differ in delivery; change delivery or queue`;
    throw new MicroError(broken.code, text, { cause: error, refused: true });
  }
  if (claimed) await channel.bindQueue(name, claim, '');
  return { queue: name, dead: `${name}.dead`, own: false };
}

function elsewhere(error: unknown): false {
  if (error instanceof MicroError && error.code === 'failed_precondition') return false;
  throw error;
}
