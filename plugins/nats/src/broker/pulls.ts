import type { Msg, Subscription } from '@nats-io/transport-node';
import type { NatsLink } from '../link.ts';

/** A request for events is open for so long, in ms; then the next one takes its place. */
const expires = 30_000;
/** Meanwhile the server says so often that it is there, in ms. */
const heartbeat = 3_000;
/** Silence after which the consumer counts as gone, in ms. */
const silence = 3 * heartbeat;
/** Requests that are open at once: the next is on its way when one is used up. */
const mostOpen = 2;
/** What was removed is gone for good after this long, in ms: the server tells us before it tidies up. */
const tidying = 1_000;
/** Pause before what was turned away is asked again, in ms. */
const pause = 200;

/** What asks for events, and is told. */
export interface Puller {
  readonly link: NatsLink;
  readonly stream: string;
  readonly consumer: string;
  /** How many events may come, those left out that were asked for. */
  room(): number;
  take(message: Msg): void;
  /** The consumer is gone. */
  lose(reason: Error): void;
}

/** Asks a consumer for as many events as there is room for, and for no more. */
export class Pulls {
  readonly #puller: Puller;
  readonly #subject: string;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  /** Events that are still to come, by the number of their request. */
  readonly #open = new Map<number, number>();
  readonly #watchdog: NodeJS.Timeout;
  #again: NodeJS.Timeout | undefined;
  #asking: NodeJS.Immediate | undefined;
  #count = 0;
  #heard = performance.now();
  #closed = false;

  constructor(puller: Puller) {
    this.#puller = puller;
    const { link, stream, consumer } = puller;
    this.#subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    this.#inbox = link.inbox();
    const callback = (error: Error | null, message: Msg): void => {
      if (error === null) this.#hear(message);
      else this.#lose(error.message);
    };
    this.#subscription = link.subscribe(`${this.#inbox}.*`, { callback });
    this.#watchdog = setInterval(() => {
      const silent = performance.now() - this.#heard > silence;
      if (silent && this.#open.size > 0) this.#lose('JetStream does not answer');
    }, heartbeat).unref();
    this.more();
  }

  /** Asks if there is room: once for all that becomes free in this turn. */
  more(): void {
    if (this.#closed || this.#open.size >= mostOpen) return;
    this.#asking ??= setImmediate(() => {
      this.#asking = undefined;
      this.#ask();
    });
  }

  /** Asks no more. What is on its way still comes, until this resolves. */
  async close(): Promise<void> {
    this.#stop();
    if (this.#subscription.isClosed() || this.#puller.link.gone) return;
    await this.#puller.link.orLost(this.#subscription.drain()).catch(() => undefined);
  }

  #stop(): void {
    this.#closed = true;
    clearInterval(this.#watchdog);
    clearTimeout(this.#again);
    clearImmediate(this.#asking);
  }

  #ask(): void {
    let asked = 0;
    for (const left of this.#open.values()) asked += left;
    const batch = this.#puller.room() - asked;
    if (this.#closed || batch <= 0) return;
    const number = (this.#count += 1);
    this.#open.set(number, batch);
    this.#heard = performance.now();
    const nanos = (ms: number): number => ms * 1_000_000;
    const request = { batch, expires: nanos(expires), idle_heartbeat: nanos(heartbeat) };
    try {
      const reply = `${this.#inbox}.${number}`;
      this.#puller.link.send(this.#subject, JSON.stringify(request), { reply });
    } catch {
      this.#stop(); // the connection is gone, and says so
    }
  }

  #hear(message: Msg): void {
    this.#heard = performance.now();
    const code = message.headers?.code ?? 0;
    if (message.data.length === 0 && code > 0) return this.#hearStatus(message, code);
    this.#countDown();
    this.#puller.take(message);
    this.more();
  }

  /** An event goes to the oldest request; it bears the topic, not the request. */
  #countDown(): void {
    for (const [number, left] of this.#open) {
      if (left > 1) this.#open.set(number, left - 1);
      else this.#open.delete(number);
      return;
    }
  }

  #hearStatus({ subject, headers }: Msg, code: number): void {
    if (code === 100) return;
    const text = headers?.description ?? '';
    this.#open.delete(Number(subject.slice(this.#inbox.length + 1)));
    if (code === 404 || code === 408) return this.more();
    // Another server of the cluster takes over, or others ask as well.
    const passing = code === 409 && !/deleted|push based|exceeded maxrequest/i.test(text);
    if (!passing) return this.#loseLater(text === '' ? 'it is gone' : text);
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      this.more();
    }, pause).unref();
  }

  /** A stream that is made again while the old one is being removed would lose its files to that. */
  #loseLater(why: string): void {
    this.#stop();
    this.#again = setTimeout(() => this.#lose(why), tidying);
  }

  #lose(why: string): void {
    this.#stop();
    const { stream, consumer } = this.#puller;
    this.#puller.lose(new Error(`consumer ${consumer} of stream ${stream}: ${why}`));
  }
}
