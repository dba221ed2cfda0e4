import type { Closable } from './closable.ts';
import type { Message } from './message.ts';

/**
 * `at-most-once`: an event reaches those who listen now, or nobody. `at-least-once`: it outlives
 * consumers and the broker's restart, and comes again until it is acknowledged.
 */
export type Guarantee = 'at-most-once' | 'at-least-once';

/** Options of one subscription; core fills in all of them. */
export interface BrokerSubscribeOptions {
  /** One subscriber of the queue gets each event. Without it, every subscriber gets every event. */
  readonly queue?: string | undefined;
  readonly delivery: Guarantee;
  /** Deliveries of one event in all, before it becomes a dead letter; 1 if `at-most-once`. */
  readonly attempts: number;
  /** Events in hand at once: the server's prefetch. The broker must not hand out more. */
  readonly concurrency: number;
}

/** An event as a subscriber gets it. */
export interface Delivery extends Message<Uint8Array> {
  /** Where it was published, also when the subscription has wildcards. */
  readonly topic: string;
  /** 1 for the first delivery. */
  readonly attempt: number;
}

/**
 * Resolves: acknowledged. Rejects: it comes again while attempts last, and is a dead letter after
 * that. A `MicroError` whose code says otherwise, see `isRedelivered`, is a dead letter at once.
 */
export type DeliveryHandler = (delivery: Delivery) => Promise<void>;

/** What a broker plugin declares. */
export interface BrokerSupports {
  readonly delivery: readonly Guarantee[];
  readonly queues: boolean;
  /** Events that were given up are kept where somebody can look at them. */
  readonly deadLetter: boolean;
  /** `*` for one word of a topic, `>` for all the rest; each broker translates them. */
  readonly wildcards: boolean;
  /** What keeps its order: the events of a key, of a topic, or none. */
  readonly ordering: 'key' | 'topic' | 'none';
  /** Metadata travels with the event. */
  readonly headers: boolean;
  /**
   * Largest body in bytes, where the medium has a limit of its own. It fits together with metadata as
   * large as the default of `limits.metadataBytes`, if the server has its default settings.
   */
  readonly maxBytes?: number;
}

/** Carries events. It neither buffers while its server is away nor repairs subscriptions. */
export interface Broker {
  /**
   * Resolves when the broker has taken the event.
   * @param key events with the same key keep their order, where `supports.ordering` says so.
   */
  publish(topic: string, message: Message<Uint8Array>, key?: string): Promise<void>;
  /**
   * Resolves when what is published from now on will arrive. Closing it takes no more events and
   * resolves when those in hand are acknowledged. What is not declared rejects as `unimplemented`.
   */
  subscribe(
    topic: string,
    handler: DeliveryHandler,
    options: BrokerSubscribeOptions,
  ): Promise<Closable>;
}
