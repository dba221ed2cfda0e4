import { randomUUID } from 'node:crypto';
import { Lifetime, MicroError } from '@micro-ts/interface';
import type { Broker, Interceptor, Invoke } from '@micro-ts/interface';
import type { Codecs } from './codecs.ts';
import { compose, enter } from './compose.ts';
import { outgoing } from './context.ts';
import type { CurrentContext } from './context.ts';
import { asLiveCall, LiveCall } from './live-call.ts';
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
  /** Most metadata, in bytes. */
  readonly metadataBytes: number;
}

const publication = { side: 'client', kind: 'event', idempotent: false } as const;

/** Publishes through the broker; interceptors see a publication as a call of kind `event`. */
export class EventPublisher extends Publisher {
  readonly #parts: PublisherParts;
  readonly #publish: Invoke;

  constructor(parts: PublisherParts) {
    super();
    this.#parts = parts;
    const send: Invoke = (call) => this.#send(asLiveCall(call));
    this.#publish = compose(parts.interceptors, (call) => enter(send, call));
  }

  /** Written with `then`: what is published waits for the server, and nothing should wait with it. */
  publish<K extends Topic | string>(
    topic: K,
    event: SentOn<K>,
    options: PublishOptions = {},
  ): Promise<void> {
    const { current, app, metadataBytes } = this.#parts;
    const { contentType, key, metadata: own } = options;
    const parent = options.context ?? current.get();
    try {
      const facts = {
        service: '',
        endpoint: typeof topic === 'string' ? topic : topic.name,
        metadata: outgoing(parent, own, metadataBytes, {
          'micro-from-service': app,
          'micro-id': randomUUID(),
        }),
        lifetime: new Lifetime(),
        attempt: 1,
      };
      const call = new LiveCall(publication, facts, event ?? {}, { contentType });
      if (key !== undefined) call.set(partitionKey, key);
      return this.#publish(call).then(nothing, failed);
    } catch (error) {
      return Promise.reject(MicroError.from(error));
    }
  }

  #send(call: LiveCall): Promise<void> {
    const { broker, codecs } = this.#parts;
    const { request, route, endpoint, metadata } = call;
    const codec = codecs.for(request, route.contentType);
    const { contentType, body } =
      request instanceof Raw
        ? { contentType: request.contentType, body: codecs.bounded(request.bytes) }
        : { contentType: codec.contentType, body: codecs.encode(codec, request) };
    return broker.publish(endpoint, { contentType, metadata, body }, call.get(partitionKey));
  }
}

const nothing = (): void => undefined;

const failed = (error: unknown): never => {
  throw MicroError.from(error);
};

const partitionKey = { name: 'partition key', initial: undefined as string | undefined };
