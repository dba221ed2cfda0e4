import { Consumer } from '@micro-ts/delivery';
import { closable, MicroError } from '@micro-ts/interface';
import type { BrokerSubscribeOptions, Closable, Delivery, Losable } from '@micro-ts/interface';
import type { DeliveryHandler, Limits, Logger } from '@micro-ts/interface';
import type { Msg } from '@nats-io/transport-node';
import type { NatsLink } from '../link.ts';
import type { DeadLetters } from './dead-letters.ts';
import { decodeEvent } from './event.ts';
import { Onset } from './onset.ts';
import { Pulls } from './pulls.ts';
import { pauseBefore, positionOf, verdicts } from './verdict.ts';
import type { Position } from './verdict.ts';

/** An event that comes more often than its attempts say, without a verdict, kills its consumers. */
const mostLost = 3;
/** Pause before an event comes again that could not become a dead letter, in ms. */
const noLetter = 2_000;

/** What a subscription to a consumer needs. */
export interface KeptSettings {
  readonly stream: string;
  readonly consumer: string;
  readonly options: BrokerSubscribeOptions;
  /** The server waits so long for a sign that an event is in hand, in ms. */
  readonly ackWait: number;
  readonly deadLetters: DeadLetters;
  readonly handler: DeliveryHandler;
  readonly limits: Limits;
  readonly logger: Logger;
  /** Called when it was closed, and not lost. */
  closed(): Promise<void>;
}

/** One subscriber of a consumer of JetStream: takes events, and gives a verdict on each. */
export class KeptSubscription {
  readonly #link: NatsLink;
  readonly #settings: KeptSettings;
  readonly #consumer: Consumer;
  readonly #losable: Losable;
  readonly #homeless: Onset;
  readonly #pulls: Pulls;
  /** What is in hand, and what waits for a hand. */
  readonly #held = new Set<Msg>();
  readonly #waiting: Msg[] = [];
  readonly #signs: NodeJS.Timeout;
  #open = true;
  #lost = false;

  constructor(link: NatsLink, settings: KeptSettings) {
    this.#link = link;
    this.#settings = settings;
    const { stream, consumer, options, ackWait } = settings;
    this.#consumer = new Consumer(settings.handler, options);
    this.#losable = link.attach(closable(() => this.#end()));
    const text = 'a dead letter cannot be kept; the event comes again';
    this.#homeless = new Onset(settings.logger, text);
    this.#pulls = new Pulls({
      ...{ link, stream, consumer },
      room: () => options.concurrency - this.#held.size,
      take: (message) => this.#take(message),
      lose: (reason) => this.#lose(link.error(reason)),
    });
    this.#signs = setInterval(() => {
      for (const message of this.#held) this.#say(message, verdicts.working);
    }, ackWait / 3).unref();
  }

  get closable(): Closable {
    return this.#losable;
  }

  get #isLost(): boolean {
    return this.#lost || this.#link.gone;
  }

  #lose(reason: Error): void {
    this.#lost = true;
    this.#losable.lose(reason);
  }

  async #end(): Promise<void> {
    this.#open = false;
    for (const message of this.#waiting.splice(0)) this.#giveBack(message);
    const rest = this.#pulls.close();
    if (!this.#isLost) await rest;
    await this.#consumer.idle();
    clearInterval(this.#signs);
    if (this.#isLost) return;
    await this.#link.flush().catch(() => undefined); // what is not acknowledged comes again
    await this.#settings.closed();
  }

  #take(message: Msg): void {
    if (!this.#open) return this.#giveBack(message);
    this.#held.add(message);
    this.#waiting.push(message);
    this.#next();
  }

  #next(): void {
    while (this.#consumer.free) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      void this.#deliver(message).finally(() => {
        this.#held.delete(message);
        this.#next();
        this.#pulls.more();
      });
    }
  }

  async #deliver(message: Msg): Promise<void> {
    const position = positionOf(message);
    if (position === undefined) return;
    const { options, limits } = this.#settings;
    const { delivered } = position;
    if (delivered > options.attempts + mostLost) {
      const text = `came ${delivered} times, and never to an end`;
      return this.#giveUp(message, position, new MicroError('internal', text));
    }
    const attempt = Math.min(delivered, options.attempts);
    let delivery: Delivery;
    try {
      delivery = decodeEvent(message, attempt, limits);
    } catch (error) {
      return this.#giveUp(message, position, MicroError.from(error));
    }
    const outcome = await this.#consumer.deliver(delivery);
    if (outcome === 'done') this.#say(message, verdicts.done);
    else if (outcome.again) this.#say(message, verdicts.later(pauseBefore(attempt)));
    else await this.#bury(message, position, outcome.reason);
  }

  /** Buries what no handler failed at, and so nobody has told of. */
  async #giveUp(message: Msg, position: Position, error: MicroError): Promise<void> {
    if (!(await this.#bury(message, position, error))) return;
    const { consumer, logger } = this.#settings;
    const { code, message: reason } = error;
    const attempts = position.delivered;
    const told = { topic: message.subject, consumer, attempts, code, reason };
    logger.warn('an event is a dead letter', told);
  }

  /** @returns whether it is a dead letter now; else it comes again */
  async #bury(message: Msg, { delivered, mark }: Position, reason: MicroError): Promise<boolean> {
    const { deadLetters, stream, consumer } = this.#settings;
    try {
      await deadLetters.keep({ message, stream, consumer, mark, attempts: delivered, reason });
      this.#say(message, verdicts.never);
      return true;
    } catch (error) {
      this.#homeless.tell({ topic: message.subject, reason: (error as Error).message });
      this.#say(message, verdicts.later(noLetter));
      return false;
    }
  }

  #giveBack(message: Msg): void {
    this.#held.delete(message);
    this.#say(message, verdicts.atOnce);
  }

  #say({ reply }: Msg, verdict: string): void {
    if (reply === undefined || this.#link.gone) return;
    try {
      this.#link.send(reply, verdict);
    } catch {
      // The connection is gone: the event comes again.
    }
  }
}
