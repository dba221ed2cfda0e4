import { randomUUID } from 'node:crypto';
import { closable } from '@micro-ts/interface';
import type { Losable } from '@micro-ts/interface';
import type { Bus, Post, Receiver } from '@micro-ts/bus';
import type { Channel, ConsumeMessage, Message } from 'amqplib';
import type { RabbitConnection } from '../connection.ts';
import { brokenError } from '../errors.ts';
import { RabbitmqPost, tunnelType } from './rabbitmq-post.ts';

/** Longest that a queue is waited for that messages leave, in ms. */
const emptyAfter = 5_000;

type Hear = (message: ConsumeMessage | null) => void;

/** Queues as places. */
export class RabbitmqBus implements Bus {
  readonly #connection: RabbitConnection;
  readonly #exchange: string;
  readonly #durable: boolean;

  /** @param exchange by which go-micro's callers reach their nodes */
  constructor(connection: RabbitConnection, exchange: string, durable: boolean) {
    this.#connection = connection;
    this.#exchange = exchange;
    this.#durable = durable;
  }

  /** Tunnels use the queue itself, which stays reached when the exchange sends nothing there any more. */
  door(address: string): string {
    return address;
  }

  /**
   * A queue of its own, and not RabbitMQ's direct reply-to: what is sent to a direct reply-to comes back
   * as unroutable if it is `mandatory`, so that nobody learns that the one who asked is gone.
   */
  async open(receiver: Receiver): Promise<Post> {
    return this.#post(receiver, async (channel, hear) => ({
      address: await consume(channel, randomUUID(), hear),
      drain: async () => undefined,
    }));
  }

  async listen(address: string | undefined, receiver: Receiver): Promise<Post> {
    return this.#post(receiver, async (channel, hear) => {
      const queue = await consume(channel, address ?? randomUUID(), hear);
      await channel.bindQueue(queue, this.#exchange, queue);
      const drain = async (): Promise<void> => {
        await channel.unbindQueue(queue, this.#exchange, queue);
        await emptied(channel, queue);
      };
      return { address: queue, drain };
    });
  }

  async #post(
    receiver: Receiver,
    begin: (
      channel: Channel,
      hear: Hear,
    ) => Promise<{ address: string; drain: () => Promise<void> }>,
  ): Promise<Post> {
    const connection = this.#connection;
    const channel = await connection.channel();
    const end = closable(() => channel.close().catch(() => undefined));
    watch(channel, connection, end);
    channel.on('return', (message: Message) => {
      receiver.nobody(String(message.properties.correlationId ?? ''));
    });
    const hear = (message: ConsumeMessage | null): void => {
      if (message === null)
        end.lose(brokenError(connection.server, new Error('the queue is gone')));
      else hearMessage(message, receiver);
    };
    try {
      const options = { durable: this.#durable, autoDelete: false };
      await channel.assertExchange(this.#exchange, 'topic', options);
      const { address, drain } = await begin(channel, hear);
      return new RabbitmqPost(channel, { address, drain, end, exchange: this.#exchange });
    } catch (error) {
      await end.close();
      throw brokenError(connection.server, error, true);
    }
  }
}

/** A queue that goes with the connection, so that nobody sends to a process that died. */
async function consume(channel: Channel, queue: string, hear: Hear): Promise<string> {
  await channel.assertQueue(queue, { exclusive: true, autoDelete: true, durable: false });
  await channel.consume(queue, hear, { noAck: true, exclusive: true });
  return queue;
}

/** A channel that ends by itself takes its place with it. */
function watch(channel: Channel, { server, closed }: RabbitConnection, end: Losable): void {
  let reason: unknown;
  channel.on('error', (error: unknown) => (reason = error));
  channel.on('close', () => {
    if (reason !== undefined) end.lose(brokenError(server, reason));
  });
  void closed.then((why) => end.lose(brokenError(server, why)));
}

function hearMessage({ content, properties }: ConsumeMessage, receiver: Receiver): void {
  const id = String(properties.correlationId ?? '');
  const reply = String(properties.replyTo ?? '');
  if (properties.type === tunnelType) receiver.tunnel(id, content, reply);
  else receiver.plain(id, () => ({ headers: textsOf(properties.headers), body: content }), reply);
}

/** What AMQP's tables can hold besides is nothing that go-micro writes. */
function textsOf(headers: Readonly<Record<string, unknown>> | undefined): Record<string, string> {
  const texts: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (typeof value === 'string') texts[name] = value;
  }
  return texts;
}

/** Resolves when all that was in a queue has arrived here. */
async function emptied(channel: Channel, queue: string): Promise<void> {
  const start = performance.now();
  while (performance.now() - start < emptyAfter) {
    const { messageCount } = await channel.checkQueue(queue);
    if (messageCount === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await channel.checkQueue(queue); // what was on its way comes before its answer
}
