import { MicroError, noMetadata } from '@micro-ts/interface';
import type { Body, Lifetime, Message, Metadata } from '@micro-ts/interface';
import { encodeFailure, tooLarge } from './failure.ts';
import { cancelReason, flag, frameType, headerBytes, maxPayload } from './frame.ts';
import type { Incoming, IncomingOwner } from './incoming.ts';
import type { Link } from './link.ts';
import { metadataSize } from './metadata-block.ts';
import type { Name } from './names.ts';
import { firstPart, writeOpening } from './opening.ts';
import type { Outgoing, OutgoingOwner } from './outgoing.ts';
import { letGo, OutgoingStream } from './outgoing-stream.ts';
import { OutgoingValue } from './outgoing-value.ts';

/** The calls of a connection, of which a call is one. */
export interface CallsOfServer {
  readonly link: Link;
  readonly size: number;
  /** Bytes of answers that wait for credit. */
  held: number;
  /** The request of a call is there, or its stream has begun. */
  ready(call: ServerCall): void;
  /** Hands a request to the handler. */
  hand(call: ServerCall, body: Body): Promise<Message>;
  /** A call is over. */
  forget(call: ServerCall): void;
  /** A call is over, and its handler has settled. */
  released(): void;
}

/** One call as the server's side knows it, from its first frame until its answer is sent. */
export class ServerCall implements IncomingOwner, OutgoingOwner {
  readonly id: number;
  readonly name: Name;
  readonly lifetime: Lifetime;
  readonly attempt: number;
  metadata: Metadata = noMetadata;
  incoming: Incoming | undefined = undefined;
  outgoing: Outgoing | undefined = undefined;
  readonly #calls: CallsOfServer;
  #body: Body | undefined = undefined;
  /** The handler is at work. */
  #running = false;
  /** The last frame of the answer is written, or nobody wants one. */
  #over = false;
  #listens = false;
  /** Bytes of an answer that waits for credit. */
  #held = 0;

  constructor(calls: CallsOfServer, id: number, name: Name, lifetime: Lifetime, attempt: number) {
    this.#calls = calls;
    this.id = id;
    this.name = name;
    this.lifetime = lifetime;
    this.attempt = attempt;
  }

  /** The request is there, or its stream has begun. */
  begin(body: Body): void {
    this.#body = body;
    this.#calls.ready(this);
  }

  /** Hands the request to the handler, unless a CANCEL came right behind it. */
  run(now: number): void {
    const body = this.#body;
    if (this.#over || body === undefined) return;
    this.#body = undefined;
    if (this.lifetime.expires <= now) {
      this.fail(new MicroError('deadline_exceeded', 'it came too late'), true);
      return;
    }
    this.#running = true;
    if (this.incoming !== undefined) this.#listen();
    this.#calls.hand(this, body).then(this.#onAnswer, this.#onFailure);
  }

  /** Ends it without an answer: the caller has cancelled, or is gone. */
  cancel(reason: MicroError): void {
    if (this.#over) return;
    this.#finish(reason);
    this.lifetime.end(reason);
  }

  /** Ends it with an error. */
  fail(error: MicroError, refused = error.refused): void {
    if (this.#over) return;
    const { writer } = this.#calls.link;
    const flags = refused ? flag.refused : 0;
    writer.frame(frameType.error, flags, this.id, encodeFailure(error, this.name.service));
    this.#finish(error);
  }

  giveCredit(bytes: number): void {
    if (!this.#over) this.#calls.link.credit(this.id, bytes);
  }

  overflow(bytes: number): void {
    const error = tooLarge(bytes, this.#calls.link.limits.messageBytes);
    this.fail(error, !this.#running);
    this.lifetime.end(error);
  }

  received(body: Uint8Array): void {
    this.incoming = undefined;
    this.begin(body);
  }

  /** The handler reads no more of its stream; the answer is still to come. */
  abandoned(): void {
    if (!this.#over) this.#calls.link.cancel(this.id, cancelReason.caller);
  }

  sent(): void {
    this.outgoing = undefined;
    this.#finish();
  }

  broke(error: MicroError): void {
    this.outgoing = undefined;
    this.fail(error, false);
  }

  readonly #onAnswer = (answer: Message): void => {
    this.#running = false;
    if (this.#over) {
      discard(answer);
      this.#calls.released();
      return;
    }
    try {
      const block = metadataSize(answer.metadata, this.#calls.link.limits.metadataBytes);
      this.#answer(answer, block);
    } catch (error) {
      discard(answer);
      this.fail(MicroError.from(error), false);
    }
  };

  readonly #onFailure = (reason: unknown): void => {
    this.#running = false;
    if (this.#over) this.#calls.released();
    else this.fail(MicroError.from(reason));
  };

  /** Told by the lifetime while something streams. */
  readonly #onEnd = (reason: MicroError): void => this.fail(reason, false);

  #listen(): void {
    if (this.#listens) return;
    this.#listens = true;
    this.lifetime.onEnd(this.#onEnd);
  }

  #answer({ metadata, body }: Message, block: number): void {
    const { link } = this.#calls;
    const value = body instanceof Uint8Array ? body : undefined;
    if (value !== undefined && value.length > link.peer.maxMessage) {
      throw tooLarge(value.length, link.peer.maxMessage);
    }
    writeOpening(link.writer, frameType.data, this.id, 0, metadata, block, value);
    if (value === undefined) {
      link.writer.flush();
      this.#sendStream(body as AsyncIterable<Uint8Array>);
    } else if (value.length + block > maxPayload) {
      link.writer.flush();
      this.#sendRest(value, block);
    } else {
      this.#finish();
      link.writer.flush(this.#calls.size === 0);
    }
  }

  #sendStream(body: AsyncIterable<Uint8Array>): void {
    const stream = new OutgoingStream(this, this.#calls.link, this.id);
    this.outgoing = stream;
    stream.start(body);
    if (!this.#over) this.#listen();
  }

  #sendRest(value: Uint8Array, block: number): void {
    const { link } = this.#calls;
    const at = firstPart(value, 0, block);
    const credit = link.peer.window - headerBytes - maxPayload;
    this.#held = value.length;
    this.#calls.held += this.#held;
    this.outgoing = new OutgoingValue(this, link.writer, this.id, value, at, credit);
  }

  #finish(reason?: MicroError): void {
    this.#over = true;
    this.#body = undefined;
    this.#calls.held -= this.#held;
    if (this.#listens) this.lifetime.offEnd(this.#onEnd);
    this.outgoing?.stop();
    this.incoming?.close(reason ?? new MicroError('cancelled', 'the call is over'), true);
    this.#calls.forget(this);
    if (!this.#running) this.#calls.released();
  }
}

/** Lets go of an answer that nobody waits for. */
function discard(answer: Message): void {
  try {
    const { body } = answer;
    if (!(body instanceof Uint8Array)) letGo(body[Symbol.asyncIterator]());
  } catch {
    // It never began.
  }
}
