import { Consumer } from '@micro-ts/delivery';
import { closable, MicroError } from '@micro-ts/interface';
import type { BrokerSubscribeOptions, Closable, Losable } from '@micro-ts/interface';
import type { DeliveryHandler, Limits, Logger } from '@micro-ts/interface';
import { letterOf } from './dead-letter.ts';
import { adoptForeign } from './foreign-events.ts';
import type { RedisLink } from './link.ts';
import { QueueMember } from './queue-member.ts';
import type { Entry, Membership } from './queue-member.ts';
import { longestEnvelope, readEvent } from './read-event.ts';

/** Most events that are asked for at once: the answer is held in memory. */
const batch = 32;
/** Pause before the second attempt in ms, doubled for each further one. */
const firstPause = 100;
const longestPause = 5_000;

/** What a subscription to a queue needs to know besides. */
export interface QueueSettings {
  readonly topic: string;
  readonly deadLetters: number;
  readonly maxLength: number;
  readonly goMicro: boolean;
  readonly limits: Limits;
  readonly logger: Logger;
}

/** Takes events from a queue as long as the handler has room, and says what became of them. */
export class QueueSubscription {
  readonly #member: QueueMember;
  readonly #consumer: Consumer;
  readonly #options: BrokerSubscribeOptions;
  readonly #membership: Membership;
  readonly #settings: QueueSettings;
  readonly #end: Losable;
  readonly #inHand = new Map<string, Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #tick: NodeJS.Timeout | undefined = undefined;
  #stop: (() => Promise<void>) | undefined = undefined;
  #stopAdopting: (() => Promise<void>) | undefined = undefined;
  #closing = false;
  #lost = false;
  #untold = false;
  #asking: Promise<void> | undefined = undefined;
  /** There may be events to take. */
  #more = false;
  /** There may be events that came back, or whose consumer died. */
  #claim = true;

  private constructor(
    link: RedisLink,
    membership: Membership,
    handler: DeliveryHandler,
    options: BrokerSubscribeOptions,
    settings: QueueSettings,
  ) {
    this.#member = new QueueMember(link, membership);
    this.#consumer = new Consumer(handler, options);
    this.#options = options;
    this.#membership = membership;
    this.#settings = settings;
    this.#end = closable(() => this.#release());
    void this.#end.closed.then((reason) => (this.#lost = reason !== undefined));
    link.own(this.#end);
  }

  static async open(
    link: RedisLink,
    membership: Membership,
    handler: DeliveryHandler,
    options: BrokerSubscribeOptions,
    settings: QueueSettings,
  ): Promise<Closable> {
    const own = new QueueSubscription(link, membership, handler, options, settings);
    try {
      own.#stop = await link.listen(membership.keys.wake, (text) => own.#wake(text === 'claim'));
      await own.#member.join();
      await own.#adopt(link);
    } catch (error) {
      own.#end.lose(error);
      await own.#end.close().catch(() => undefined);
      throw error;
    }
    if (own.#closing) return own.#end; // lost in between
    own.#tick = setInterval(() => own.#tend(), membership.claimAfter / 4);
    own.#wake(true);
    return own.#end;
  }

  async #adopt(link: RedisLink): Promise<void> {
    const { goMicro, topic, limits, logger, maxLength } = this.#settings;
    if (!goMicro) return;
    const deadLetters = this.#consumer.redelivers ? this.#settings.deadLetters : 0;
    const adopting = { ...this.#membership, topic, limits, logger, maxLength, deadLetters };
    this.#stopAdopting = await adoptForeign(link, adopting);
  }

  /** A loss ends it too, with the events in hand still running. */
  async #release(): Promise<void> {
    this.#closing = true;
    await this.#stopAdopting?.();
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#asking;
    await Promise.all(this.#inHand.values());
    clearInterval(this.#tick); // not before: what is in hand is this consumer's until it is done
    await this.#stop?.();
    await this.#member.leave(this.#lost).catch(() => undefined); // its lease ends, where it has one
  }

  #tend(): void {
    this.#member.tend(this.#inHand.keys()).catch(this.#end.lose);
    this.#wake(true);
  }

  #wake(claim: boolean): void {
    this.#more = true;
    this.#claim ||= claim;
    this.#ask();
  }

  #ask(): void {
    this.#asking ??= this.#take()
      .catch(this.#end.lose)
      .finally(() => (this.#asking = undefined));
  }

  async #take(): Promise<void> {
    while (this.#more && !this.#closing && this.#consumer.free) {
      const room = Math.min(batch, this.#options.concurrency - this.#consumer.inHand);
      const claim = this.#claim;
      [this.#more, this.#claim] = [false, false];
      const entries = await this.#member.take(room, claim);
      if (entries.length === room) [this.#more, this.#claim] = [true, this.#claim || claim];
      for (const entry of entries) {
        if (this.#inHand.has(entry.id)) continue; // this process stood still for so long
        const work = this.#deliver(entry).finally(() => this.#inHand.delete(entry.id));
        this.#inHand.set(entry.id, work);
      }
    }
  }

  async #deliver(entry: Entry): Promise<void> {
    try {
      const late = this.#closing && this.#options.delivery === 'at-least-once';
      await (late ? this.#member.release(entry, false) : this.#settle(entry));
    } catch (error) {
      // It comes again: it was not acknowledged. A lost connection is told as such, and once is enough.
      if (this.#closing || this.#untold) return;
      this.#untold = true;
      const { topic, logger } = this.#settings;
      logger.warn('what became of an event could not be told', { topic, error });
    }
  }

  async #settle(entry: Entry): Promise<void> {
    const { topic, limits } = this.#settings;
    const { attempt, fields } = entry;
    const { attempts, delivery } = this.#options;
    // A consumer that dies says nothing of what it had in hand: it was too often in hand to be tried.
    if (attempt > attempts && delivery === 'at-least-once') {
      const text = `was in hand ${attempt - 1} times, and the last consumer died with it`;
      return this.#giveUp(entry, new MicroError('aborted', text));
    }
    let message;
    try {
      message = readEvent(envelopeOf(fields), limits);
    } catch (error) {
      return this.#giveUp(entry, MicroError.from(error));
    }
    const outcome = await this.#consumer.deliver({ ...message, topic, attempt });
    const told =
      outcome === 'done'
        ? this.#member.done(entry)
        : outcome.again
          ? this.#again(entry)
          : this.#bury(entry, outcome.reason);
    this.#ask();
    await told;
  }

  async #again(entry: Entry): Promise<void> {
    if (this.#closing) return this.#member.release(entry, true);
    const { claimAfter } = this.#membership;
    const pause = Math.min(firstPause * 2 ** (entry.attempt - 1), longestPause, claimAfter);
    await this.#member.again(entry, pause);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#wake(true);
    }, pause);
    if (this.#closing) clearTimeout(timer);
    else this.#timers.add(timer);
  }

  /** Of what no handler has seen nobody else tells. */
  #giveUp(entry: Entry, reason: MicroError): Promise<void> {
    const { topic, logger } = this.#settings;
    const { code, message } = reason;
    logger.warn('an event was given up', { topic, attempt: entry.attempt, code, reason: message });
    return this.#bury(entry, reason);
  }

  async #bury({ id, attempt, fields }: Entry, reason: MicroError): Promise<void> {
    const { topic, limits, deadLetters } = this.#settings;
    const { queue } = this.#membership;
    const [envelope, longest] = [envelopeOf(fields), longestEnvelope(limits)];
    const letter = letterOf({ envelope, longest, reason, attempt, topic, queue });
    await this.#member.bury(id, deadLetters, letter);
  }
}

/** The envelope among the fields; whatever stands there if it is not ours. */
function envelopeOf(fields: readonly string[]): string {
  const at = fields.findIndex((name, index) => index % 2 === 0 && name === 'e');
  return at < 0 ? JSON.stringify(fields) : (fields[at + 1] ?? '');
}
