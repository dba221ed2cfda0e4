import { MicroError } from '@micro-ts/interface';
import type { Delivery, DeliveryHandler } from '@micro-ts/interface';
import { Consumer } from './consumer.ts';
import { Fifo } from './fifo.ts';

/** How much of a subscription may run and wait at once. */
interface BacklogLimits {
  /** Events in hand. */
  readonly concurrency: number;
  /** Events that are taken and wait, and the bytes of their bodies. */
  readonly events: number;
  readonly bytes: number;
  /** Events that are not taken yet: their publishers wait. */
  readonly waiting: number;
}

/** Whoever published an event, told once what became of it. */
interface PublisherConfirm {
  taken(): void;
  refused(error: MicroError): void;
}

interface Entry {
  readonly delivery: Delivery;
  readonly confirm: PublisherConfirm;
}

/**
 * The events of one subscription. A handler that is slow for a while holds nobody up; one that is
 * always slower than its publishers slows them down, and in the end they are refused.
 */
export class Backlog {
  readonly #consumer: Consumer;
  readonly #limits: BacklogLimits;
  /** Events that are taken and wait for the handler, in the order of arrival. */
  readonly #kept = new Fifo<Delivery>();
  /** Events that are not taken; they come after those that are. */
  readonly #waiting = new Set<Entry>();
  #bytes = 0;
  #closed = false;
  #idle: (() => void) | undefined = undefined;

  /** @param handler what it fails at is gone; it tells of it itself, as core's does */
  constructor(handler: DeliveryHandler, limits: BacklogLimits) {
    const { concurrency } = limits;
    this.#consumer = new Consumer(handler, { delivery: 'at-most-once', attempts: 1, concurrency });
    this.#limits = limits;
  }

  /**
   * Takes the event as soon as there is room for it; refuses it if too many wait already, or when the
   * subscription closes.
   * @returns what to call if its publisher goes away
   */
  add(delivery: Delivery, confirm: PublisherConfirm): () => void {
    if (this.#closed) confirm.refused(closing());
    else if (this.#waiting.size === 0 && this.#fits(delivery)) this.#keep(delivery, confirm);
    else if (this.#waiting.size >= this.#limits.waiting) confirm.refused(tooMany());
    else return this.#wait({ delivery, confirm });
    return nothing;
  }

  /** Takes no more; resolves when all that was taken is done. Who waits to be taken is not. */
  close(): Promise<void> {
    this.#closed = true;
    for (const { confirm } of this.#waiting) confirm.refused(closing());
    this.#waiting.clear();
    if (this.#consumer.inHand === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#idle = resolve));
  }

  #wait(entry: Entry): () => void {
    this.#waiting.add(entry);
    return () => this.#waiting.delete(entry);
  }

  #keep(delivery: Delivery, confirm: PublisherConfirm): void {
    confirm.taken();
    if (this.#kept.size === 0 && this.#consumer.free) return this.#run(delivery);
    this.#kept.add(delivery);
    this.#bytes += delivery.body.length;
  }

  /** Starts what was taken, as far as the handler is free, and takes what fits then. */
  #advance(): void {
    while (this.#consumer.free) {
      const delivery = this.#kept.take();
      if (delivery === undefined) break;
      this.#bytes -= delivery.body.length;
      this.#run(delivery);
    }
    for (const entry of this.#waiting) {
      if (!this.#fits(entry.delivery)) return;
      this.#waiting.delete(entry);
      this.#keep(entry.delivery, entry.confirm);
    }
  }

  #fits({ body }: Delivery): boolean {
    const { events, bytes } = this.#limits;
    if (this.#kept.size === 0) return true;
    return this.#kept.size < events && this.#bytes + body.length <= bytes;
  }

  #run(delivery: Delivery): void {
    void this.#consumer.deliver(delivery).then(() => this.#ended());
  }

  #ended(): void {
    this.#advance();
    if (this.#consumer.inHand === 0) this.#idle?.();
  }
}

const nothing = (): void => undefined;

const closing = (): MicroError =>
  new MicroError('unavailable', 'the subscription is closing', { refused: true });

const tooMany = (): MicroError =>
  new MicroError('resource_exhausted', 'too many events are waiting', { refused: true });
