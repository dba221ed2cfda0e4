import { randomUUID } from 'node:crypto';
import { MicroError } from '@micro-ts/interface';
import type { BrokerSubscribeOptions, DeliveryHandler } from '@micro-ts/interface';
import type { Channel } from 'amqplib';
import type { RabbitConnection } from '../connection.ts';
import { brokenError } from '../errors.ts';
import type { Exchanges } from './exchanges.ts';
import { checked, queueName } from './topic-key.ts';
import type { TopicPattern } from './topic-key.ts';

/** How long a lasting queue of a single subscriber waits for it, in ms: it may only have lost its way. */
const absence = 10 * 60_000;

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
  /** What names of our own begin with. */
  readonly #own: string;
  readonly #prefix: string;
  /** Queues of single subscribers that were lost, by topic: the next one of that handler goes on there. */
  readonly #left = new WeakMap<DeliveryHandler, Map<string, Place[]>>();

  constructor(exchanges: Exchanges, app: string) {
    this.#exchanges = exchanges;
    // Queues may not begin as exchanges of RabbitMQ itself do.
    this.#own = exchanges.events.replace(/^amq\./, 'micro.');
    this.#prefix = `${this.#own}.${app.slice(0, 40)}`;
  }

  /** The queue of a subscription, bound; on the channel that will consume from it. */
  async attach(connection: RabbitConnection, channel: Channel, wanted: Wanted): Promise<Place> {
    const { pattern, options } = wanted;
    const { events, lasting } = this.#exchanges;
    const lasts = options.delivery === 'at-least-once';
    const [place] = await Promise.all([
      options.queue === undefined
        ? this.#attachOwn(channel, wanted)
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

  async #attachOwn(channel: Channel, wanted: Wanted): Promise<Place> {
    const dead = `${this.#own}.dead`;
    if (wanted.options.delivery === 'at-most-once') {
      const { queue } = await channel.assertQueue('', { exclusive: true, durable: false });
      return { queue, dead, own: true };
    }
    const left = this.#left.get(wanted.handler)?.get(wanted.topic)?.pop();
    const place = left ?? {
      queue: checked(`${this.#prefix}.${randomUUID()}`, 'queue'),
      dead,
      own: true,
    };
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
  const claim = `${queueName(queue)}.topic`;
  const claimed = await connection
    .briefly((brief) =>
      brief.assertExchange(claim, 'direct', {
        durable,
        autoDelete: true,
        alternateExchange: topic,
      }),
    )
    .then(() => true, elsewhere);
  const name = claimed ? queue : queueName(`${queue}:${topic}`);
  try {
    await channel.assertQueue(name, { durable, autoDelete: !durable });
  } catch (error) {
    throw unlike(brokenError(connection.server, error), name);
  }
  if (claimed) await channel.bindQueue(name, claim, '');
  return { queue: name, dead: `${name}.dead`, own: false };
}

/** A queue that is there, and cannot be shared: what to change. */
function unlike(broken: MicroError, queue: string): MicroError {
  if (broken.code !== 'failed_precondition') return broken;
  const fix = /arg '(durable|auto_delete)'/.test(broken.message)
    ? 'its subscribers differ in delivery; change delivery or queue'
    : `others have made it in another way; delete the queue '${queue}', or change queue`;
  return new MicroError(broken.code, `${broken.message}: ${fix}`, { cause: broken, refused: true });
}

function elsewhere(error: unknown): false {
  if (error instanceof MicroError && error.code === 'failed_precondition') return false;
  throw error;
}
