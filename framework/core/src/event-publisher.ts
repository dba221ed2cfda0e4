import { randomUUID } from 'node:crypto';
import { Lifetime, metadata } from '@micro-ts/interface';
import type { Broker, Interceptor, Invoke } from '@micro-ts/interface';
import type { Codecs } from './codecs.ts';
import { compose } from './compose.ts';
import { outgoing } from './context.ts';
import type { CurrentContext } from './context.ts';
import { LiveCall } from './live-call.ts';
import { Publisher } from './publisher.ts';
import type { PublishOptions } from './publisher.ts';
import { Raw } from './raw.ts';
import type { SentOn, Topic } from './topic.ts';

/** What publishing stands on. */
export interface PublisherParts {
  readonly broker: Broker;
  readonly codecs: Codecs;
  readonly current: CurrentContext;
  readonly interceptors: readonly Interceptor[];
  readonly app: string;
}

const publication = { side: 'client', kind: 'event', idempotent: false } as const;

/** Publishes through the broker; interceptors see a publication as a call of kind `event`. */
export class EventPublisher extends Publisher {
  readonly #parts: PublisherParts;
  readonly #publish: Invoke;

  constructor(parts: PublisherParts) {
    super();
    this.#parts = parts;
    this.#publish = compose(parts.interceptors, (call) => this.#send(call as LiveCall));
  }

  async publish<K extends Topic | string>(
    topic: K,
    event: SentOn<K>,
    options: PublishOptions = {},
  ): Promise<void> {
    const { current, app } = this.#parts;
    const parent = options.context ?? current.get();
    const id = { 'micro-id': randomUUID(), 'micro-from-service': app };
    const facts = {
      service: '',
      endpoint: typeof topic === 'string' ? topic : topic.name,
      metadata: metadata(id, outgoing(parent, options.metadata)),
      lifetime: new Lifetime(),
      attempt: 1,
    };
    const { contentType } = options;
    const call = new LiveCall(publication, facts, event, { contentType });
    if (options.key !== undefined) call.set(partitionKey, options.key);
    await this.#publish(call);
  }

  async #send(call: LiveCall): Promise<void> {
    const { broker, codecs } = this.#parts;
    const { request, route, endpoint, metadata: own } = call;
    const codec = codecs.for(request, route.contentType);
    const message =
      request instanceof Raw
        ? { contentType: request.contentType, metadata: own, body: request.bytes }
        : { contentType: codec.contentType, metadata: own, body: codec.encode(request) };
    await broker.publish(endpoint, message, call.get(partitionKey));
  }
}

const partitionKey = { name: 'partition key', initial: undefined as string | undefined };
