import { createHash, randomUUID } from 'node:crypto';
import type { Broker, BrokerSubscribeOptions, BrokerSupports } from '@micro-ts/interface';
import type { Closable, DeliveryHandler, Message, RoleContext } from '@micro-ts/interface';
import type { NatsLink } from '../link.ts';
import type { NatsSettings } from '../options.ts';
import { Captured } from './captured.ts';
import { DeadLetters } from './dead-letters.ts';
import { checkSize, encodeEvent, largestBody } from './event.ts';
import { JetStream } from './jetstream.ts';
import { KeptSubscription } from './kept-subscription.ts';
import { subscribePlainly } from './plain-subscription.ts';
import { Publications } from './publications.ts';
import { deadStream, eventStream, nanos, reservedSubjects } from './streams.ts';
import { firstWord, groupOf, nameOf, subjectOf } from './topic.ts';

/** What the broker can, where the server has JetStream. */
export const brokerSupports: BrokerSupports = {
  delivery: ['at-most-once', 'at-least-once'],
  queues: true,
  deadLetter: true,
  wildcards: true,
  ordering: 'topic',
  headers: true,
  maxBytes: largestBody,
};

/** Consumers of subscriptions without a queue outlive a connection so long, in ms. */
const memory = 5 * 60_000;
/** Most events that a consumer may have out at once, with all of its subscribers. */
const mostOut = 65_536;

/** What one connection has. */
interface Session {
  readonly link: NatsLink;
  readonly jetstream: JetStream;
  readonly captured: Captured;
  readonly publications: Publications;
  readonly deadLetters: DeadLetters;
}

/**
 * go-micro's broker on NATS, and JetStream where events must not be lost: topics that somebody
 * subscribed to at-least-once are kept by a stream, and whoever publishes there waits for it.
 */
export class NatsBroker implements Broker {
  readonly #options: NatsSettings;
  readonly #context: RoleContext<NatsLink>;
  readonly #reserved: readonly string[];
  readonly #sessions = new WeakMap<NatsLink, Session>();
  /** Names of consumers whose connection was lost, by topic: who subscribes again takes them over. */
  readonly #orphans = new Map<string, { readonly name: string; readonly since: number }[]>();

  constructor(options: NatsSettings, context: RoleContext<NatsLink>) {
    this.#options = options;
    this.#context = context;
    this.#reserved = reservedSubjects(options.jetstream);
  }

  async publish(topic: string, message: Message<Uint8Array>): Promise<void> {
    const subject = subjectOf(topic, { wild: false, reserved: this.#reserved });
    const payload = encodeEvent(message, this.#context.limits);
    const { link, captured, publications } = this.#session(await this.#context.connection());
    checkSize(link, payload);
    const asked = captured.streamOf(subject);
    const stream = asked instanceof Promise ? await asked : asked;
    if (stream === undefined) return link.publish(subject, payload);
    const id = message.metadata['micro-id'];
    const headers = id === undefined ? undefined : { 'Nats-Msg-Id': onceFor(id, subject) };
    const kept = await publications.publish(subject, payload, headers);
    if (kept === 'nobody') captured.forget(); // the stream is gone, and nobody listens
  }

  async subscribe(
    topic: string,
    handler: DeliveryHandler,
    options: BrokerSubscribeOptions,
  ): Promise<Closable> {
    const subject = subjectOf(topic, { wild: true, reserved: this.#reserved });
    const queue = options.queue === undefined ? undefined : groupOf(options.queue);
    const { limits, logger } = this.#context;
    const { concurrency } = options;
    if (options.delivery === 'at-least-once') return this.#keep(subject, handler, options);
    const link = await this.#context.connection();
    return subscribePlainly(link, { subject, queue, concurrency, handler, limits, logger });
  }

  /** Declares what is needed and is not there, and takes part. */
  async #keep(
    topic: string,
    handler: DeliveryHandler,
    options: BrokerSubscribeOptions,
  ): Promise<Closable> {
    const word = firstWord(topic);
    const session = this.#session(await this.#context.connection());
    const { link, jetstream, deadLetters } = session;
    const { limits, logger } = this.#context;
    const { ackWait } = this.#options.jetstream;
    const stream = await this.#stream(session, topic, word);
    const consumer = this.#nameFor(topic, options.queue);
    const closed = async (): Promise<void> => {
      if (options.queue === undefined) await jetstream.dropConsumer(stream, consumer);
    };
    await this.#declare(jetstream, stream, { topic, consumer, queue: options.queue });
    const subscription = new KeptSubscription(link, {
      ...{ stream, consumer, options, ackWait, deadLetters, handler, limits, logger, closed },
    }).closable;
    if (options.queue === undefined) {
      void subscription.closed.then((lost) => lost && this.#remember(topic, consumer));
    }
    return subscription;
  }

  async #stream({ jetstream, captured }: Session, topic: string, word: string): Promise<string> {
    captured.forget();
    const settings = this.#options.jetstream;
    const [known] = await Promise.all([
      captured.streamOf(topic),
      jetstream.makeStream(deadStream(settings)),
    ]);
    if (known !== undefined) return known;
    const made = eventStream(settings, word);
    await jetstream.makeStream(made);
    captured.forget();
    return made.name;
  }

  #declare(
    jetstream: JetStream,
    stream: string,
    { topic, consumer, queue }: { topic: string; consumer: string; queue: string | undefined },
  ): Promise<void> {
    const { ackWait, maxAge } = this.#options.jetstream;
    return jetstream.makeConsumer(stream, {
      durable_name: consumer,
      description: queue === undefined ? this.#context.app : `queue ${queue}`.slice(0, 200),
      filter_subject: topic,
      ack_policy: 'explicit',
      deliver_policy: 'new',
      ack_wait: nanos(ackWait),
      max_deliver: -1, // attempts are counted where they are made
      max_ack_pending: mostOut,
      inactive_threshold: nanos(queue === undefined ? memory : maxAge),
    });
  }

  /** A queue has one consumer for each topic; without one, each subscription has its own. */
  #nameFor(topic: string, queue: string | undefined): string {
    if (queue !== undefined) return nameOf(`${queue} ${topic}`);
    const orphans = this.#orphans.get(topic) ?? [];
    this.#orphans.delete(topic);
    const young = orphans.filter(({ since }) => performance.now() - since < memory);
    const found = young.pop();
    if (young.length > 0) this.#orphans.set(topic, young);
    return found?.name ?? `${nameOf(this.#context.app)}-${randomUUID()}`;
  }

  #remember(topic: string, name: string): void {
    const orphans = this.#orphans.get(topic) ?? [];
    this.#orphans.set(topic, [...orphans, { name, since: performance.now() }].slice(-100));
  }

  #session(link: NatsLink): Session {
    const known = this.#sessions.get(link);
    if (known !== undefined) return known;
    const timeout = this.#context.limits.handshake * 0.9;
    const jetstream = new JetStream(link, timeout, this.#context.logger);
    const publications = new Publications(link, timeout);
    const deadLetters = new DeadLetters(jetstream, publications, this.#options.jetstream);
    const captured = new Captured(jetstream);
    const session = { link, jetstream, captured, publications, deadLetters };
    this.#sessions.set(link, session);
    return session;
  }
}

/** By which a stream knows an event again; the same id on another topic is another event. */
function onceFor(id: string, subject: string): string {
  const text = `${id} ${subject}`;
  if (/^[\x20-\x7e]{1,400}$/.test(text)) return text;
  return createHash('sha1').update(text).digest('base64url');
}
