import { MicroError } from '@micro-ts/interface';
import type {
  Broker,
  BrokerSubscribeOptions,
  Closable,
  DeliveryHandler,
} from '@micro-ts/interface';
import type { Message, RoleContext } from '@micro-ts/interface';
import type { Channel } from 'amqplib';
import { atMost } from '../at-most.ts';
import { dial } from '../connection.ts';
import type { RabbitConnection } from '../connection.ts';
import { brokenError } from '../errors.ts';
import type { RabbitmqSettings } from '../options.ts';
import { Aside } from './aside.ts';
import { encodeEvent } from './event-message.ts';
import { Exchanges } from './exchanges.ts';
import { Publisher } from './publisher.ts';
import { Queues } from './queues.ts';
import type { Wanted } from './queues.ts';
import { Subscription } from './subscription.ts';
import { queueName, routingKey, topicPattern } from './topic-key.ts';

/** AMQP counts prefetched messages in 16 bits. */
const maxPrefetch = 65_535;
/** How long a subscription waits until the server has its queue on disk, in ms. */
const commitPatience = 250;

/**
 * Events over RabbitMQ, as go-micro's broker `rabbitmq` has them. Publishing has a connection of its
 * own: a server short of memory stops reading from those who publish, and acknowledgements must go on.
 */
export class RabbitmqBroker implements Broker {
  readonly #options: RabbitmqSettings;
  readonly #context: RoleContext<RabbitConnection>;
  readonly #exchanges: Exchanges;
  readonly #queues: Queues;
  readonly #publisher: Publisher;
  readonly #aside: Aside;
  #publishing: Promise<RabbitConnection> | undefined = undefined;

  constructor(options: RabbitmqSettings, context: RoleContext<RabbitConnection>) {
    this.#options = options;
    this.#context = context;
    this.#exchanges = new Exchanges(options);
    this.#queues = new Queues(this.#exchanges, context.app);
    const connect = (): Promise<RabbitConnection> => this.#connectToPublish();
    const prepare = (connection: RabbitConnection): Promise<void> =>
      this.#exchanges.declare(connection);
    this.#publisher = new Publisher(connect, prepare, context.limits);
    const main = (): Promise<RabbitConnection> => context.connection();
    this.#aside = new Aside(this.#publisher, this.#exchanges, main, options);
  }

  async publish(topic: string, message: Message<Uint8Array>): Promise<void> {
    const { messageBytes } = this.#context.limits;
    const key = routingKey(topic);
    if (message.body.length > messageBytes) {
      const text = `an event of more than ${messageBytes} bytes`;
      throw new MicroError('resource_exhausted', text, { refused: true });
    }
    const destination = { exchange: this.#exchanges.events, routingKey: key, mustArrive: false };
    await this.#publisher.send(destination, encodeEvent(topic, message));
  }

  async subscribe(
    topic: string,
    handler: DeliveryHandler,
    options: BrokerSubscribeOptions,
  ): Promise<Closable> {
    const wanted: Wanted = { topic, pattern: topicPattern(topic), handler, options };
    if (options.queue !== undefined) queueName(options.queue);
    const until = performance.now() + this.#context.limits.handshake;
    const connection = await this.#context.connection();
    try {
      return await this.#subscribe(connection, wanted, until);
    } catch (error) {
      this.#exchanges.forget(connection);
      if (!(error instanceof MicroError) || error.code !== 'not_found') throw error;
      // A queue, or what marks it, went with its last subscriber meanwhile.
      return await this.#subscribe(connection, wanted, until);
    }
  }

  /** @param until when it is given up: what the server answers later must not come to life */
  async #subscribe(connection: RabbitConnection, wanted: Wanted, until: number): Promise<Closable> {
    const channel = await connection.channel();
    const { concurrency, delivery } = wanted.options;
    try {
      const [place] = await Promise.all([
        this.#queues.attach(connection, channel, wanted),
        channel.prefetch(Math.min(concurrency, maxPrefetch)),
      ]);
      const lost = (): void => {
        if (place.own && delivery === 'at-least-once') this.#queues.leave(wanted, place);
      };
      const { limits, logger } = this.#context;
      const parts = { connection, channel, place, aside: this.#aside, limits, logger, lost, until };
      const subscription = await Subscription.open(wanted, parts);
      if (delivery === 'at-least-once') await this.#commit(channel, place.queue);
      return subscription;
    } catch (error) {
      void channel.close().catch(() => undefined);
      throw brokenError(connection.server, error);
    }
  }

  /** Not waited for where the way is long. What goes wrong with it ends the channel, and the subscription. */
  async #commit(channel: Channel, queue: string): Promise<void> {
    const done = this.#exchanges.commit(channel, queue).catch(() => undefined);
    await atMost(commitPatience, done);
  }

  /** The second connection, which ends with the first. */
  async #connectToPublish(): Promise<RabbitConnection> {
    const main = await this.#context.connection();
    this.#publishing ??= this.#dial(main);
    return this.#publishing;
  }

  #dial(main: RabbitConnection): Promise<RabbitConnection> {
    const dialling = dial(this.#options, this.#context).then((connection) => {
      main.own(connection);
      return connection;
    });
    const forget = (): void => {
      if (this.#publishing === dialling) this.#publishing = undefined;
    };
    dialling.then(({ closed }) => closed).then(forget, forget);
    return dialling;
  }
}
