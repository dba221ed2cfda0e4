import { MicroError } from '@micro-ts/interface';
import type { Delivery, DeliveryHandler, Logger } from '@micro-ts/interface';

/** How much of a subscription may run and wait at once. */
export interface BacklogLimits {
  /** Events in hand. */
  readonly concurrency: number;
  /** Events that are taken and wait, and the bytes of their bodies. */
  readonly events: number;
  readonly bytes: number;
  /** Events that are not taken yet: their publishers wait. */
  readonly waiting: number;
}

/** Told once what became of an event. */
export interface Publisher {
  taken(): void;
  refused(error: MicroError): void;
}

interface Entry {
  readonly delivery: Delivery;
  readonly publisher: Publisher;
  /** Inside of the bounds, and its publisher told so. */
  kept: boolean;
}

/**
 * The events of one subscription. A handler that is slow for a while holds nobody up; one that is
 * always slower than its publishers slows them down, and in the end they are refused.
 */
export class Backlog {
  readonly #handler: DeliveryHandler;
  readonly #limits: BacklogLimits;
  readonly #logger: Logger;
  /** In the order of arrival. */
  readonly #entries = new Set<Entry>();
  #kept = 0;
  #bytes = 0;
  #inHand = 0;
  #closed = false;
  #idle: (() => void) | undefined = undefined;

  constructor(handler: DeliveryHandler, limits: BacklogLimits, logger: Logger) {
    this.#handler = handler;
    this.#limits = limits;
    this.#logger = logger;
  }

  /**
   * Takes the event as soon as there is room for it; refuses it if too many wait already, or when the
   * subscription closes.
   * @returns what to call if its publisher goes away
   */
  add(delivery: Delivery, publisher: Publisher): () => void {
    const entry: Entry = { delivery, publisher, kept: false };
    if (this.#closed) publisher.refused(closing());
    else if (this.#entries.size - this.#kept >= this.#limits.waiting) publisher.refused(tooMany());
    else this.#entries.add(entry);
    this.#advance();
    return () => {
      if (!entry.kept) this.#entries.delete(entry);
    };
  }

  /** Takes no more; resolves when all that was taken is done. Who waits to be taken is not. */
  close(): Promise<void> {
    this.#closed = true;
    for (const entry of this.#entries) {
      if (entry.kept) continue;
      this.#entries.delete(entry);
      entry.publisher.refused(closing());
    }
    if (this.#inHand === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#idle = resolve));
  }

  #advance(): void {
    const { concurrency, events, bytes } = this.#limits;
    for (const entry of this.#entries) {
      const size = entry.delivery.body.length;
      const starts = this.#inHand < concurrency;
      const fits = this.#kept < events && (this.#kept === 0 || this.#bytes + size <= bytes);
      if (!starts && !entry.kept && !fits) return;
      if (!entry.kept) {
        entry.kept = true;
        this.#kept++;
        this.#bytes += size;
        entry.publisher.taken();
      }
      if (starts) this.#start(entry);
    }
  }

  #start(entry: Entry): void {
    this.#entries.delete(entry);
    this.#kept--;
    this.#bytes -= entry.delivery.body.length;
    this.#inHand++;
    void this.#run(entry.delivery);
  }

  async #run(delivery: Delivery): Promise<void> {
    try {
      await this.#handler(delivery);
    } catch (error) {
      const { topic } = delivery;
      this.#logger.warn('an event failed and does not come again', { topic, error });
    }
    this.#inHand--;
    this.#advance();
    if (this.#inHand === 0) this.#idle?.();
  }
}

const closing = (): MicroError =>
  new MicroError('unavailable', 'the subscription is closing', { refused: true });

const tooMany = (): MicroError =>
  new MicroError('resource_exhausted', 'too many events are waiting', { refused: true });
