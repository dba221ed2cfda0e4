import { ConfigError, Raw } from 'micro-ts';
import type { App, Closable } from 'micro-ts';
import { refusal } from '@micro-ts/edge';
import type { Arrived } from './event-frame.ts';
import { hidingAddress } from './hiding-address.ts';
import type { SubscriptionQuery } from './subscription-query.ts';
import { textOf } from './text-of.ts';

/** Takes an event; resolves when the client has it, and rejects if the client rejects it or is gone. */
export type EventSink = (arrived: Arrived) => Promise<void>;

const gone: EventSink = () => Promise.reject(refusal('unavailable', 'the subscriber has gone'));

/** A subscription that waits for its client: opened first, so that it can be refused as a request. */
export class TopicReader {
  readonly #subscription: Closable;
  readonly #read: (sink: EventSink) => void;

  private constructor(subscription: Closable, read: (sink: EventSink) => void) {
    this.#subscription = subscription;
    this.#read = read;
  }

  /** @throws MicroError `unimplemented` if the broker cannot do what is asked */
  static async open(app: App, query: SubscriptionQuery): Promise<TopicReader> {
    const { topic, queue, delivery, attempts, concurrency } = query;
    let sink: EventSink | undefined;
    let attached = (): void => undefined;
    const ready = new Promise<void>((resolve) => (attached = resolve));
    const handle = async (arrived: Arrived): Promise<void> => {
      await ready;
      try {
        await sink?.(arrived);
      } catch (error) {
        // What need not arrive is no matter, and not worth a line in the log.
        if (delivery === 'at-least-once') throw error;
      }
    };
    const subscribing = app.subscribe(
      topic,
      async (event, { endpoint, metadata, attempt }) => {
        if (event instanceof Raw) await handle({ topic: endpoint, metadata, event, attempt });
      },
      { queue, delivery, attempts, concurrency, raw: true },
    );
    try {
      return new TopicReader(await hidingAddress('broker', subscribing), (next) => {
        sink = next;
        attached();
      });
    } catch (error) {
      if (error instanceof ConfigError) throw refusal('unimplemented', textOf(error));
      throw error;
    }
  }

  /** From now on events go there. */
  read(sink: EventSink): void {
    this.#read(sink);
  }

  /** Nobody reads any more. */
  close(): void {
    // In this order: what is rejected now comes again to somebody else.
    void this.#subscription.close().catch(() => undefined);
    this.#read(gone);
  }
}
