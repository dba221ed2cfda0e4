import { ConfigError, Lifetime, MicroError } from '@micro-ts/interface';
import type { Broker, BrokerSubscribeOptions, Delivery, Endpoint } from '@micro-ts/interface';
import type { BrokerSupports, Guarantee, Interceptor, Logger } from '@micro-ts/interface';
import type { Codecs } from './codecs.ts';
import type { CurrentContext } from './context.ts';
import type { Health } from './health.ts';
import { keep } from './keep.ts';
import type { Kept } from './keep.ts';
import { LiveCall } from './live-call.ts';
import { Raw } from './raw.ts';
import type { Check } from './schemas.ts';
import { ServedEndpoint } from './served-endpoint.ts';
import type { Method } from './served-endpoint.ts';

/** How a subscription wants its events. */
export interface SubscriptionOptions {
  /** One subscriber of the queue gets each event. Without it, every subscriber gets every event. */
  readonly queue?: string | undefined;
  /** What the broker must promise. Default `at-most-once`. */
  readonly delivery?: Guarantee | undefined;
  /** Deliveries of one event in all, before it is a dead letter. Default 5; 1 if `at-most-once`. */
  readonly attempts?: number | undefined;
  /** Events that this process handles at once. Default 64. */
  readonly concurrency?: number | undefined;
  /** Give the handler `Raw` instead of a value. Default false. */
  readonly raw?: boolean | undefined;
}

/** What subscriptions stand on. */
export interface SubscriptionParts {
  readonly broker: Broker;
  readonly supports: BrokerSupports;
  readonly brokerName: string;
  readonly codecs: Codecs;
  readonly interceptors: readonly Interceptor[];
  readonly current: CurrentContext;
  readonly health: Health;
  readonly logger: Logger;
}

/** One subscription to be. */
export interface Subscribing {
  readonly service: string;
  readonly endpoint: Endpoint;
  readonly topic: string;
  readonly check: Check | undefined;
  readonly method: Method;
  readonly options: SubscriptionOptions;
}

/** Makes deliveries into calls of methods; each subscription is kept open. */
export class Subscriptions {
  readonly #parts: SubscriptionParts;
  readonly #served = new Map<string, ServedEndpoint>();
  #count = 0;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
  }

  /** The subscriptions at work, by `service endpoint`, for their counters. */
  get served(): ReadonlyMap<string, ServedEndpoint> {
    return this.#served;
  }

  /** @throws ConfigError if the broker cannot do what is asked. */
  open(subscribing: Subscribing): Kept {
    const { broker, supports, brokerName, health } = this.#parts;
    const { topic, service, endpoint } = subscribing;
    const options = complete(subscribing.options);
    requireSupport(brokerName, supports, topic, options);
    const name = `subscription ${topic}${options.queue === undefined ? '' : ` ${options.queue}`}`;
    const key = `${name} ${++this.#count}`;
    const served = new ServedEndpoint({ ...this.#parts, ...subscribing, internal: false });
    this.#served.set(`${service} ${endpoint.name}`, served);
    const deliver = (delivery: Delivery): Promise<void> =>
      this.#deliver(served, subscribing, delivery);
    const told = health.part(key, { needed: true });
    const kept = keep(() => broker.subscribe(topic, deliver, options), told);
    void kept.closed.then(() => health.forget(key));
    return kept;
  }

  async #deliver(
    served: ServedEndpoint,
    { service, endpoint, options }: Subscribing,
    delivery: Delivery,
  ): Promise<void> {
    const { codecs, logger } = this.#parts;
    const { contentType, body, metadata, topic, attempt } = delivery;
    try {
      const request =
        options.raw === true ? new Raw(contentType, body) : codecs.get(contentType).decode(body);
      const facts = { service, endpoint: topic, metadata, attempt, lifetime: new Lifetime() };
      const call = new LiveCall(served, facts, request);
      const nothing = (): undefined => undefined;
      await served.run(call, nothing, nothing);
    } catch (error) {
      const { code, message } = MicroError.from(error);
      logger.warn('an event was not handled', {
        topic,
        handler: endpoint.name,
        attempt,
        code,
        message,
      });
      throw error;
    }
  }
}

const complete = (given: SubscriptionOptions): BrokerSubscribeOptions => {
  const { queue, delivery = 'at-most-once', attempts = 5, concurrency = 64 } = given;
  return { queue, delivery, concurrency, attempts: delivery === 'at-most-once' ? 1 : attempts };
};

/** Refuses what a broker would silently not do. */
function requireSupport(
  broker: string,
  supports: BrokerSupports,
  topic: string,
  { queue, delivery }: BrokerSubscribeOptions,
): void {
  const lacks = (what: string): ConfigError =>
    new ConfigError('broker', `${broker} does not support ${what}, which ${topic} asks for`);
  if (queue !== undefined && !supports.queues) throw lacks('queues');
  if (!supports.delivery.includes(delivery)) throw lacks(`delivery ${delivery}`);
  const wild = topic.split('.').some((word) => word === '*' || word === '>');
  if (wild && !supports.wildcards) throw lacks('wildcards');
}
