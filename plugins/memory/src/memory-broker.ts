import { Consumer } from '@micro-ts/delivery';
import { closable } from '@micro-ts/interface';
import type { Broker, BrokerSubscribeOptions, Closable } from '@micro-ts/interface';
import type { DeliveryHandler, Limits, Logger, Message } from '@micro-ts/interface';
import { copyMessage } from './copy.ts';
import type { Topics } from './topics.ts';

/** One app's view of the topics of a network. */
export class MemoryBroker implements Broker {
  readonly #topics: Topics;
  readonly #limits: Limits;
  readonly #logger: Logger;

  constructor(topics: Topics, limits: Limits, logger: Logger) {
    this.#topics = topics;
    this.#limits = limits;
    this.#logger = logger;
  }

  async publish(topic: string, message: Message<Uint8Array>): Promise<void> {
    this.#topics.publish(topic, copyMessage(message, this.#limits));
  }

  async subscribe(
    topic: string,
    handler: DeliveryHandler,
    options: BrokerSubscribeOptions,
  ): Promise<Closable> {
    const { queue } = options;
    const mailbox = this.#topics.mailbox(topic, queue);
    const consumer = new Consumer(handler, options);
    const member = { consumer, logger: this.#logger };
    mailbox.join(member);
    return closable(() => {
      mailbox.leave(member);
      this.#topics.sweep(topic, queue, mailbox);
      return consumer.idle();
    });
  }
}
