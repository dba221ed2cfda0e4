import { ConfigError, isRedelivered, Lifetime, MicroError } from '@micro-ts/interface';
import type { Broker, BrokerSubscribeOptions, Delivery, Endpoint } from '@micro-ts/interface';
import type { BrokerSupports, Guarantee, Interceptor, Logger } from '@micro-ts/interface';
import type { Codecs } from './codecs.ts';
import type { CurrentContext } from './context.ts';
import { Deadlines } from './deadlines.ts';
import { Holdings } from './holdings.ts';
import type { Health } from './health.ts';
import { keep } from './keep.ts';
import type { Kept } from './keep.ts';
import { LiveCall } from './live-call.ts';
import { Raw } from './raw.ts';
import type { Check } from './schemas.ts';
import { ServedEndpoint } from './served-endpoint.ts';
import type { Method } from './served-endpoint.ts';
import { UnsupportedError } from './unsupported.ts';

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
  readonly #holdings: Holdings;
  readonly #served = new Set<ServedEndpoint>();
  /** Events in hand. */
  readonly #running = new Deadlines();

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.#holdings = new Holdings(parts.health, parts.logger);
  }

  /** The subscriptions at work, for their counters. */
  get served(): Iterable<ServedEndpoint> {
    return this.#served;
  }

  /**
   * Resolves when the first attempt to subscribe has ended.
   * @throws ConfigError if the broker cannot do what is asked
   */
  async open(subscribing: Subscribing): Promise<Kept> {
    const { broker, supports, brokerName } = this.#parts;
    const { topic } = subscribing;
    const options = complete(topic, subscribing.options);
    requireSupport(brokerName, supports, topic, options);
    const part = `subscription ${topic}${options.queue === undefined ? '' : ` ${options.queue}`}`;
    const served = new ServedEndpoint({ ...this.#parts, ...subscribing });
    const deliver = (delivery: Delivery): Promise<void> =>
      this.#deliver(served, subscribing, options, delivery);
    const kept = await this.#holdings.open(part, true, (told) =>
      keep(() => broker.subscribe(topic, deliver, options), told),
    );
    this.#served.add(served);
    void kept.closed.then(() => this.#served.delete(served));
    return kept;
  }

  /** Takes no more events; resolves when those in hand are handled. */
  close(): Promise<void> {
    return this.#holdings.close();
  }

  /** Ends the events in hand. @returns how many */
  endAll(reason: MicroError): number {
    return this.#running.endAll(reason);
  }

  async #deliver(
    served: ServedEndpoint,
    { service, endpoint, options: { raw } }: Subscribing,
    { attempts }: BrokerSubscribeOptions,
    { contentType, body, metadata, topic, attempt }: Delivery,
  ): Promise<void> {
    const { codecs, logger } = this.#parts;
    const lifetime = new Lifetime();
    const running = this.#running.watch(lifetime);
    try {
      const request =
        raw === true ? new Raw(contentType, body) : codecs.get(contentType).decode(body);
      const facts = { service, endpoint: topic, metadata, attempt, lifetime };
      await served.run(new LiveCall(served, facts, request), nothing);
    } catch (error) {
      const failure = MicroError.from(error);
      const { code, message, cause } = failure;
      const last = attempt >= attempts || !isRedelivered(code);
      // What is tried again and again is worth two lines, not one for each attempt.
      if (last || attempt === 1)
        logger.warn('an event was not handled', {
          ...{ topic, handler: endpoint.name, attempt, last, code },
          ...(code === 'internal' ? { error: cause } : { reason: message }),
        });
      throw failure;
    } finally {
      this.#running.forget(running);
    }
  }
}

const nothing = (): undefined => undefined;

function complete(topic: string, given: SubscriptionOptions): BrokerSubscribeOptions {
  const { queue, delivery = 'at-most-once', attempts = 5, concurrency = 64 } = given;
  for (const [name, value] of Object.entries({ attempts, concurrency }))
    if (!(value >= 1)) throw new ConfigError(`subscription ${topic}`, `${name} is ${value}`);
  return { queue, delivery, concurrency, attempts: delivery === 'at-most-once' ? 1 : attempts };
}

/** Refuses what a broker would silently not do. */
function requireSupport(
  broker: string,
  supports: BrokerSupports,
  topic: string,
  { queue, delivery }: BrokerSubscribeOptions,
): void {
  const wild = topic.split('.').some((word) => word === '*' || word === '>');
  const lacking = ({ queues, delivery: known, wildcards }: BrokerSupports): string | undefined => {
    if (queue !== undefined && !queues) return 'queues';
    if (!known.includes(delivery)) return `delivery ${delivery}`;
    return wild && !wildcards ? 'wildcards' : undefined;
  };
  const what = lacking(supports);
  if (what === undefined) return;
  const problem = `${broker} does not support ${what}, which ${topic} asks for`;
  throw new UnsupportedError(problem, (others) => lacking(others) === undefined);
}
