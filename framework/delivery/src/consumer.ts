import { isRedelivered, MicroError } from '@micro-ts/interface';
import type { BrokerSubscribeOptions, Delivery, DeliveryHandler } from '@micro-ts/interface';

/** What became of a delivery: it was acknowledged, it comes again, or it is a dead letter. */
export type Outcome = 'done' | { readonly reason: MicroError; readonly again: boolean };

/** What a consumer needs to know of its subscription. */
export type ConsumerOptions = Pick<BrokerSubscribeOptions, 'delivery' | 'attempts' | 'concurrency'>;

/** The handler of one subscription, and the events that it has in hand. */
export class Consumer {
  readonly #handler: DeliveryHandler;
  readonly #options: ConsumerOptions;
  #inHand = 0;
  readonly #idle = new Set<() => void>();

  constructor(handler: DeliveryHandler, options: ConsumerOptions) {
    this.#handler = handler;
    this.#options = options;
  }

  get inHand(): number {
    return this.#inHand;
  }

  /** Another event may be handed out. */
  get free(): boolean {
    return this.#inHand < this.#options.concurrency;
  }

  get redelivers(): boolean {
    return this.#options.delivery === 'at-least-once';
  }

  /** Hands an event to the handler and says what is to become of it. Never rejects. */
  deliver(delivery: Delivery): Promise<Outcome> {
    this.#inHand += 1;
    try {
      return this.#handler(delivery).then(this.#done, (error: unknown) =>
        this.#failed(error, delivery),
      );
    } catch (error) {
      return Promise.resolve(this.#failed(error, delivery));
    }
  }

  readonly #done = (): Outcome => {
    this.#leave();
    return 'done';
  };

  #failed(error: unknown, { attempt }: Delivery): Outcome {
    this.#leave();
    const reason = MicroError.from(error);
    const last = !this.redelivers || attempt >= this.#options.attempts;
    return { reason, again: !last && isRedelivered(reason.code) };
  }

  #leave(): void {
    this.#inHand -= 1;
    if (this.#inHand > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }

  /** Resolves when nothing is in hand. */
  idle(): Promise<void> {
    if (this.#inHand === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.add(resolve));
  }
}
