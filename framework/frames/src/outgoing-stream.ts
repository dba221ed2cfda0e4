import { MicroError } from '@micro-ts/interface';
import { isUint8Array } from 'node:util/types';
import { tooLarge } from './failure.ts';
import { flag, frameType, headerBytes, maxPayload } from './frame.ts';
import type { Link } from './link.ts';
import { addCredit } from './outgoing.ts';
import type { Outgoing, OutgoingOwner } from './outgoing.ts';
import type { Sender } from './turns.ts';

type Step = IteratorResult<Uint8Array, unknown>;

/**
 * Pulls messages from their source and sends them. The next one is pulled only while there is credit
 * and the socket takes it, so that a reader that stands still stops the source.
 */
export class OutgoingStream implements Outgoing, Sender {
  readonly #owner: OutgoingOwner;
  readonly #link: Link;
  readonly #stream: number;
  #source: AsyncIterator<Uint8Array> | undefined = undefined;
  #credit: number;
  #pulling = false;
  /** A message that found no credit, no room, or that is too large for a frame. */
  #held: Uint8Array | undefined = undefined;
  #at = 0;

  constructor(owner: OutgoingOwner, link: Link, stream: number) {
    this.#owner = owner;
    this.#link = link;
    this.#stream = stream;
    this.#credit = link.peer.window;
  }

  /** Begins to pull. */
  start(body: AsyncIterable<Uint8Array>): void {
    try {
      this.#source = body[Symbol.asyncIterator]();
    } catch (error) {
      this.#owner.broke(MicroError.from(error));
      return;
    }
    this.#goOn();
  }

  turn(): void {
    if (this.#held !== undefined) this.#sendPart(this.#held);
    else if (!this.#pulling && this.#credit > 0) this.#pull();
  }

  grant(bytes: number): void {
    const dry = this.#credit <= 0;
    this.#credit = addCredit(this.#credit, bytes);
    if (!dry || this.#credit <= 0 || this.#pulling) return;
    if (this.#held === undefined) this.#goOn();
    else this.#link.writer.turns.wait(this);
  }

  stop(): void {
    this.#link.writer.turns.forget(this);
    const source = this.#source;
    this.#source = this.#held = undefined;
    if (source !== undefined) letGo(source);
  }

  /** Pulls the next message, now or when it is its turn; or waits for credit. */
  #goOn(): void {
    if (this.#credit <= 0 || this.#source === undefined) return;
    if (this.#link.writer.turns.congested) this.#link.writer.turns.wait(this);
    else this.#pull();
  }

  #pull(): void {
    this.#pulling = true;
    try {
      // Not awaited: that would cost another turn of the microtask queue for each message.
      const step: PromiseLike<Step> = this.#source!.next();
      step.then(this.#onStep, this.#onError);
    } catch (error) {
      this.#onError(error);
    }
  }

  readonly #onStep = (step: Step): void => {
    this.#pulling = false;
    if (this.#source === undefined) return;
    if (step.done === true) {
      this.#source = undefined;
      const flags = flag.end | flag.noMessage;
      this.#link.writer.frame(frameType.data, flags, this.#stream);
      this.#owner.sent();
      return;
    }
    const body = step.value;
    if (!isUint8Array(body)) {
      this.#give(new MicroError('internal', 'a stream yields something that is not bytes'));
    } else if (body.length > this.#link.peer.maxMessage) {
      this.#give(tooLarge(body.length, this.#link.peer.maxMessage));
    } else if (body.length > maxPayload || this.#link.writer.turns.congested) {
      this.#held = body;
      this.#link.writer.turns.wait(this);
    } else {
      this.#send(0, body, 0, body.length);
      this.#goOn();
    }
  };

  readonly #onError = (error: unknown): void => {
    this.#pulling = false;
    if (this.#source === undefined) return;
    this.#source = undefined;
    this.#owner.broke(MicroError.from(error));
  };

  /** Gives up because of what the source yields. */
  #give(error: MicroError): void {
    this.stop();
    this.#owner.broke(error);
  }

  #sendPart(body: Uint8Array): void {
    const from = this.#at;
    const to = Math.min(body.length, from + maxPayload);
    if (to < body.length) {
      this.#at = to;
      this.#send(flag.more, body, from, to);
      if (this.#credit > 0) this.#link.writer.turns.wait(this);
    } else {
      this.#at = 0;
      this.#held = undefined;
      this.#send(0, body, from, to);
      this.#goOn();
    }
  }

  #send(flags: number, body: Uint8Array, from: number, to: number): void {
    const cost = headerBytes + to - from;
    this.#credit -= cost;
    this.#link.writer.turns.spend(cost);
    this.#link.writer.frame(frameType.data, flags, this.#stream, body, from, to);
  }
}

/** Tells a source that nobody wants the rest. What it says to that is of no interest. */
export function letGo(source: AsyncIterator<unknown>): void {
  try {
    void Promise.resolve(source.return?.()).catch(() => undefined);
  } catch {
    // It is gone all the same.
  }
}
