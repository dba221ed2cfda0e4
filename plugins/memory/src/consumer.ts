import { errorCodes, MicroError } from '@micro-ts/interface';
import type { BrokerSubscribeOptions, DeliveryHandler, Logger } from '@micro-ts/interface';
import type { Letter } from './letter.ts';

/** What became of a delivery. */
export type Outcome = 'done' | { readonly reason: MicroError; readonly again: boolean };

/** One subscription, as its mailbox sees it. */
export class Consumer {
  readonly #handler: DeliveryHandler;
  readonly #options: BrokerSubscribeOptions;
  readonly logger: Logger;
  #inHand = 0;
  #idle: (() => void) | undefined;

  constructor(handler: DeliveryHandler, options: BrokerSubscribeOptions, logger: Logger) {
    this.#handler = handler;
    this.#options = options;
    this.logger = logger;
  }

  get free(): boolean {
    return this.#inHand < this.#options.concurrency;
  }

  get redelivers(): boolean {
    return this.#options.delivery === 'at-least-once';
  }

  /** Never rejects. The handler gets bytes of its own, so that it cannot spoil the next delivery. */
  async deliver({ topic, message, attempt }: Letter): Promise<Outcome> {
    this.#inHand += 1;
    try {
      const body = Uint8Array.from(message.body);
      await this.#handler({ ...message, body, topic, attempt });
      return 'done';
    } catch (error) {
      const reason = MicroError.from(error);
      const last = !this.redelivers || attempt >= this.#options.attempts;
      return { reason, again: !last && mends(reason) };
    } finally {
      this.#inHand -= 1;
      if (this.#inHand === 0) this.#idle?.();
    }
  }

  /** Resolves when nothing is in hand. */
  idle(): Promise<void> {
    if (this.#inHand === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#idle = resolve));
  }
}

/** Whether another attempt can help. A bug may be one of the moment. */
const mends = ({ code }: MicroError): boolean => code === 'internal' || errorCodes[code].retry;
