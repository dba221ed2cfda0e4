import { MicroError } from '@micro-ts/interface';
import type { Delivery } from '@micro-ts/interface';
import type { ConsumeMessage, Options } from 'amqplib';
import type { RabbitConnection } from '../connection.ts';
import { encodeAside, withFewHeaders } from './event-message.ts';
import type { Parcel } from './event-message.ts';
import type { Exchanges } from './exchanges.ts';
import type { Publisher } from './publisher.ts';
import type { Place } from './queues.ts';

/** Longest time that an event waits before it comes again, in ms. */
const longestDelay = 60_000;
/** How long a queue of waiting events stays without use, beyond their wait, in ms. */
const idle = 120_000;
/** How long a queue counts as there after it was declared, in ms. */
const fresh = 30_000;

interface Declared {
  readonly at: number;
  readonly done: Promise<void>;
}

/** What becomes of events that were not acknowledged: they are set aside in queues of the server. */
export class Aside {
  readonly #publisher: Publisher;
  readonly #exchanges: Exchanges;
  readonly #connect: () => Promise<RabbitConnection>;
  readonly #delay: number;
  readonly #letters: number;
  readonly #declared = new Map<string, Declared>();

  constructor(
    publisher: Publisher,
    exchanges: Exchanges,
    connect: () => Promise<RabbitConnection>,
    { retryDelay, deadLetters }: { readonly retryDelay: number; readonly deadLetters: number },
  ) {
    this.#publisher = publisher;
    this.#exchanges = exchanges;
    this.#connect = connect;
    this.#delay = retryDelay;
    this.#letters = deadLetters;
  }

  /** It comes again as the next attempt, behind the others of its queue. */
  async requeue({ queue }: Place, message: ConsumeMessage, delivery: Delivery): Promise<void> {
    const next = { ...delivery, attempt: delivery.attempt + 1 };
    await this.#put(queue, encodeAside(message, next));
  }

  /**
   * It comes again as the next attempt, after a while. Each wait has a queue of its own, so that all
   * events in it are due in their order.
   */
  async delay({ queue }: Place, message: ConsumeMessage, delivery: Delivery): Promise<void> {
    const next = { ...delivery, attempt: delivery.attempt + 1 };
    const wait = Math.min(this.#delay * 2 ** (delivery.attempt - 1), longestDelay);
    const name = `${queue}.retry.${wait}`;
    const options = {
      durable: true,
      messageTtl: wait,
      expires: wait + idle,
      deadLetterExchange: '',
      deadLetterRoutingKey: queue,
    };
    await this.#declare(name, options, swallowsThem);
    await this.#put(name, encodeAside(message, next));
  }

  /** It is a dead letter, with its reason. */
  async bury(
    { dead }: Place,
    message: ConsumeMessage,
    delivery: Pick<Delivery, 'topic' | 'attempt'>,
    reason: MicroError,
  ): Promise<void> {
    await this.#declare(dead, { durable: true, maxLength: this.#letters }, keepsThem);
    await this.#put(dead, encodeAside(message, delivery, reason));
  }

  async #put(queue: string, parcel: Parcel): Promise<void> {
    const destination = { exchange: '', routingKey: queue, mustArrive: true };
    try {
      await this.#publisher.send(destination, parcel);
    } catch (error) {
      this.#declared.delete(queue);
      if (!isTooLarge(error)) throw error;
      await this.#publisher.send(destination, withFewHeaders(parcel));
    }
  }

  /** All that need it at once wait for the same: so they stay in their order. */
  async #declare(
    queue: string,
    options: Options.AssertQueue,
    refused: (error: unknown) => void,
  ): Promise<void> {
    const at = performance.now();
    const known = this.#declared.get(queue);
    if (known !== undefined && at - known.at < fresh) return await known.done;
    for (const [name, each] of this.#declared)
      if (at - each.at > fresh) this.#declared.delete(name);
    const declared = { at, done: this.#assert(queue, options).catch(refused) };
    this.#declared.set(queue, declared);
    try {
      await declared.done;
    } catch (error) {
      if (this.#declared.get(queue) === declared) this.#declared.delete(queue);
      throw error;
    }
  }

  async #assert(queue: string, options: Options.AssertQueue): Promise<void> {
    const connection = await this.#connect();
    await this.#exchanges.declareLasting(connection);
    await connection.briefly(async (channel) => {
      await channel.assertQueue(queue, options);
      await this.#exchanges.commit(channel, queue);
    });
  }
}

const isUnlike = (error: unknown): error is MicroError =>
  error instanceof MicroError && error.code === 'failed_precondition';

/** An operator or an earlier configuration has made it otherwise: it keeps dead letters all the same. */
function keepsThem(error: unknown): void {
  if (!isUnlike(error)) throw error;
}

/** Events that wait in such a queue might never come again. */
function swallowsThem(error: unknown): never {
  if (!isUnlike(error)) throw error;
  const text = `${error.message}: others have made it in another way; delete that queue`;
  throw new MicroError(error.code, text, { cause: error });
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof MicroError && error.refused && error.cause instanceof RangeError;
