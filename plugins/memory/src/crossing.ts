import { AsyncResource } from 'node:async_hooks';
import { Lifetime, MicroError } from '@micro-ts/interface';
import type { Body, CallMessage, Exchange, Limits, Message, Metadata } from '@micro-ts/interface';
import { copyBytes, copyError, copyMetadata } from './copy.ts';
import { Relay } from './relay.ts';
import type { RelayEnd } from './relay.ts';

/** What a call meets on its way. */
export interface Road {
  readonly limits: Limits;
  readonly exchange: Exchange;
  /** Where the server runs: it must not see the async context of whoever calls it. */
  readonly context: AsyncResource;
  readonly peer: string;
  /** Called once, when neither side has to do with the call any more. */
  readonly over: (crossing: Crossing) => void;
}

/** One call on its way from one app to the other and back. */
export class Crossing {
  readonly #road: Road;
  readonly #call: CallMessage;
  /** The server's own: what it does to it does not end the caller's. */
  readonly #lifetime: Lifetime;
  readonly #answer: Promise<Message>;
  #settle!: (answer: Message) => void;
  #reject!: (reason: MicroError) => void;
  #up: Relay | undefined;
  #down: Relay | undefined;
  #over = false;

  constructor(call: CallMessage, road: Road) {
    this.#call = call;
    this.#road = road;
    this.#lifetime = new Lifetime(call.lifetime.expires);
    this.#answer = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#reject = reject;
    });
  }

  /** Carries the request over; resolves with the answer. */
  start(): Promise<Message> {
    this.#call.lifetime.onEnd(this.#callerEnded);
    void this.#carry();
    return this.#answer;
  }

  /** Ends it for both sides. */
  fail(reason: MicroError, told: MicroError = reason): void {
    if (this.#over) return;
    this.#lifetime.end(told);
    this.#up?.fail(told);
    this.#down?.fail(reason);
    this.#reject(reason);
    this.#finish();
  }

  readonly #callerEnded = (reason: MicroError): void => this.fail(reason, copyError(reason));

  async #carry(): Promise<void> {
    try {
      const { context, exchange } = this.#road;
      const carried = context.runInAsyncScope(exchange, undefined, this.#request());
      const { metadata, body } = await carried;
      if (this.#over) return stop(body);
      try {
        this.#arrive(copyMetadata(metadata, this.#road.limits), body);
      } catch (error) {
        stop(body);
        throw error;
      }
    } catch (error) {
      if (this.#over) return;
      this.#reject(copyError(error));
      this.#finish();
    }
  }

  #request(): CallMessage {
    const { limits, peer } = this.#road;
    const { service, endpoint, contentType, attempt, metadata, body } = this.#call;
    return {
      ...{ service, endpoint, contentType, attempt, peer },
      lifetime: this.#lifetime,
      metadata: copyMetadata(metadata, limits),
      body: this.#bodyUp(body),
    };
  }

  #arrive(metadata: Metadata, given: Body): void {
    const body = this.#bodyDown(given);
    this.#settle({ contentType: this.#call.contentType, metadata, body });
    if (body instanceof Uint8Array) this.#finish();
  }

  #bodyUp(body: Body): Body {
    const { limits } = this.#road;
    if (body instanceof Uint8Array) return copyBytes(body, limits);
    this.#up = new Relay(body, new AsyncResource('MemoryCall'), limits, (end) => {
      const told = new MicroError('cancelled', "the caller's stream broke");
      if (end instanceof MicroError) this.fail(end, told);
    });
    return this.#up;
  }

  #bodyDown(body: Body): Body {
    const { context, limits } = this.#road;
    if (body instanceof Uint8Array) return copyBytes(body, limits);
    this.#down = new Relay(body, context, limits, (end: RelayEnd) => {
      if (end !== 'done') this.#lifetime.end(new MicroError('cancelled', 'nobody reads it'));
      this.#finish();
    });
    return this.#down;
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#call.lifetime.offEnd(this.#callerEnded);
    if (this.#up === undefined) stop(this.#call.body);
    else void this.#up.return();
    this.#road.over(this);
  }
}

/** Tells the source of a body that nobody will read it. */
function stop(body: Body): void {
  if (body instanceof Uint8Array) return;
  const stopping = async (): Promise<unknown> => body[Symbol.asyncIterator]().return?.();
  void stopping().catch(() => undefined);
}
