import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Consumer } from '@micro-ts/delivery';
import { closable, MicroError } from '@micro-ts/interface';
import type { Closable, Delivery, Limits, Logger, Losable } from '@micro-ts/interface';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { RabbitConnection } from '../connection.ts';
import { brokenError } from '../errors.ts';
import { Acknowledgements } from './acknowledgements.ts';
import type { Aside } from './aside.ts';
import { decodeEvent } from './event-message.ts';
import type { Place, Wanted } from './queues.ts';

/** An event whose subscriber went away is delivered so often at least: it may not have been its fault. */
const losses = 3;
/** How long an event that cannot be set aside is kept before the server has it back, in ms. */
const keep = 1_000;

/** What a subscription works with. */
export interface SubscriptionParts {
  readonly connection: RabbitConnection;
  readonly channel: Channel;
  readonly place: Place;
  readonly aside: Aside;
  readonly limits: Limits;
  readonly logger: Logger;
  /** Told when it was lost. */
  readonly lost: () => void;
  /** When who wants it has given up, by `performance.now()`. */
  readonly until: number;
}

/** One consumer of a queue. Each event that the server hands out is started at once. */
export class Subscription {
  readonly #parts: SubscriptionParts;
  readonly #wanted: Wanted;
  readonly #consumer: Consumer;
  readonly #acknowledgements: Acknowledgements;
  readonly #work = new Set<Promise<void>>();
  readonly #link: Losable;
  /** Ends waits when the subscription closes. */
  readonly #closing = new AbortController();
  readonly #logged = new Set<string>();
  #tag = '';
  #open = true;

  /** Resolves when events come. */
  static async open(wanted: Wanted, parts: SubscriptionParts): Promise<Closable> {
    const subscription = new Subscription(wanted, parts);
    try {
      await subscription.#start();
    } catch (error) {
      subscription.#lose(error);
      throw error;
    }
    return subscription.#link;
  }

  private constructor(wanted: Wanted, parts: SubscriptionParts) {
    const { connection, channel } = parts;
    this.#parts = parts;
    this.#wanted = wanted;
    this.#consumer = new Consumer(wanted.handler, wanted.options);
    this.#acknowledgements = new Acknowledgements((deliveryTag, allUpTo) => {
      // The driver looks at nothing else of a message.
      const message = { fields: { deliveryTag } } as ConsumeMessage;
      this.#tell(() => channel.ack(message, allUpTo));
    });
    setMaxListeners(0, this.#closing.signal); // each event that waits listens
    this.#link = closable(() => this.#end());
    let reason: unknown;
    channel.on('error', (error) => (reason = error));
    channel.on('close', () => {
      this.#open = false;
      if (this.#closing.signal.aborted) return;
      if (reason !== undefined) return this.#lose(brokenError(connection.server, reason));
      // It went with its connection. Not asked before: the connection would remember all that was closed.
      void connection.closed.then((why) => this.#lose(brokenError(connection.server, why)));
    });
  }

  async #start(): Promise<void> {
    const { channel, place } = this.#parts;
    this.#checkTime();
    const { consumerTag } = await channel.consume(place.queue, (message) => this.#take(message));
    this.#checkTime();
    this.#tag = consumerTag;
  }

  #checkTime(): void {
    if (this.#isGivenUp) throw new MicroError('unavailable', 'the subscription came too late');
  }

  get #isGivenUp(): boolean {
    return this.#tag === '' && performance.now() > this.#parts.until;
  }

  #lose(reason: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#parts.lost();
    this.#link.lose(reason);
  }

  /** @param message none when the server ended it: its queue was deleted. */
  #take(message: ConsumeMessage | null): void {
    if (message === null) {
      const { connection, place } = this.#parts;
      const text = `RabbitMQ at ${connection.server} has no queue '${place.queue}' any more`;
      this.#lose(new MicroError('unavailable', text));
      return;
    }
    const lasts = this.#wanted.options.delivery === 'at-least-once';
    if ((this.#closing.signal.aborted && lasts) || this.#isGivenUp) {
      this.#giveBack(message); // it crossed the end of the subscription
      return;
    }
    const work = (lasts ? this.#atLeastOnce(message) : this.#atMostOnce(message)).catch(
      (error: unknown) => this.#logOnce('an event could not be settled', { error }),
    );
    this.#work.add(work);
    void work.then(() => this.#work.delete(work));
  }

  async #atMostOnce(message: ConsumeMessage): Promise<void> {
    if (message.fields.redelivered) {
      this.#logOnce('an event is dropped: another subscriber went away with it');
    } else {
      const delivery = decodeEvent(message);
      const wrong = this.#wrong(delivery);
      if (wrong === undefined) await this.#consumer.deliver(delivery);
      else this.#logOnce('an event is dropped', { topic: delivery.topic, reason: wrong.message });
    }
    this.#acknowledgements.add(message.fields.deliveryTag);
  }

  async #atLeastOnce(message: ConsumeMessage): Promise<void> {
    const { aside, place } = this.#parts;
    const delivery = decodeEvent(message);
    const done = await this.#handle(message, delivery);
    if (done === 'done') return this.#acknowledgements.add(message.fields.deliveryTag);
    try {
      if (done === 'lost') await aside.requeue(place, message, delivery);
      else if (done.again) await aside.delay(place, message, delivery);
      else await aside.bury(place, message, delivery, done.reason);
      this.#acknowledgements.add(message.fields.deliveryTag);
    } catch (error) {
      this.#logOnce('an event cannot be set aside and comes again', { error });
      await this.#wait();
      this.#giveBack(message);
    }
  }

  async #handle(
    message: ConsumeMessage,
    delivery: Delivery,
  ): Promise<'done' | 'lost' | { readonly reason: MicroError; readonly again: boolean }> {
    const wrong = this.#wrong(delivery);
    if (wrong !== undefined) {
      const { topic } = delivery;
      this.#logOnce('an event is a dead letter', { topic, reason: wrong.message });
      return { reason: wrong, again: false };
    }
    if (!message.fields.redelivered) return this.#consumer.deliver(delivery);
    // The server does not count these: an event that kills its subscribers must not do so for ever.
    if (delivery.attempt < Math.max(this.#wanted.options.attempts, losses)) return 'lost';
    const text = `its subscriber went away ${delivery.attempt} times`;
    return { reason: new MicroError('unavailable', text), again: false };
  }

  /** Why no handler may get it. */
  #wrong({ topic, body }: Delivery): MicroError | undefined {
    const { messageBytes } = this.#parts.limits;
    if (body.length > messageBytes) {
      return new MicroError('resource_exhausted', `an event of more than ${messageBytes} bytes`);
    }
    if (this.#wanted.pattern.matches(topic)) return undefined;
    return new MicroError('invalid_argument', `its queue is bound to '${topic}' too`);
  }

  #giveBack(message: ConsumeMessage): void {
    this.#acknowledgements.settled(message.fields.deliveryTag);
    this.#tell(() => this.#parts.channel.nack(message));
  }

  /** Tells the server; what is lost with the channel comes again. */
  #tell(work: () => void): void {
    if (!this.#open) return;
    try {
      work();
    } catch {
      this.#open = false; // the driver takes nothing any more: it is closing
    }
  }

  /** Until the server has an event back; no longer than the subscription. */
  async #wait(): Promise<void> {
    if (!this.#open) return;
    await pause(keep, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }

  async #end(): Promise<void> {
    this.#closing.abort();
    const { channel, place } = this.#parts;
    if (this.#open && this.#tag !== '') {
      await channel.cancel(this.#tag).catch(() => undefined); // the channel may end meanwhile
    }
    while (this.#work.size > 0) await Promise.all(this.#work);
    this.#acknowledgements.flush();
    if (!this.#open) return;
    const left = place.own && this.#wanted.options.delivery === 'at-least-once';
    if (left) await channel.deleteQueue(place.queue).catch(() => undefined);
    await channel.close().catch(() => undefined);
  }

  #logOnce(text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (this.#logged.has(text)) return;
    this.#logged.add(text);
    this.#parts.logger.warn(text, { queue: this.#parts.place.queue, ...fields });
  }
}
