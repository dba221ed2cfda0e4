import { noMetadata } from '@micro-ts/interface';
import type { CallMessage, Limits, Message, Metadata, MicroError } from '@micro-ts/interface';
import { metadataTooLarge, tooLarge } from './failure.ts';
import { cancelReason, flag } from './frame.ts';
import type { Slab } from './frame.ts';
import type { Incoming, IncomingOwner } from './incoming.ts';
import { IncomingStream } from './incoming-stream.ts';
import { IncomingValue } from './incoming-value.ts';
import type { Link } from './link.ts';
import { metadataEnd, metadataText, readMetadata } from './metadata-block.ts';
import type { Outgoing, OutgoingOwner } from './outgoing.ts';
import { ProtocolError } from './protocol-error.ts';
import type { Sender } from './turns.ts';

/** The calls of a connection, of which a call is one. */
export interface CallsOfClient {
  readonly link: Link;
  readonly limits: Limits;
  open(call: ClientCall): void;
  forget(call: ClientCall): void;
}

/** One call as its caller's side knows it, from `exchange` until the answer has ended. */
export class ClientCall implements IncomingOwner, OutgoingOwner, Sender {
  readonly message: CallMessage;
  /** Its stream; 0 until it is written. */
  id = 0;
  /** What the writer had flushed when it was written. */
  flushes = 0;
  outgoing: Outgoing | undefined = undefined;
  /** Bytes of its metadata in a frame. */
  readonly block: number;
  readonly #calls: CallsOfClient;
  readonly #resolve: (answer: Message) => void;
  readonly #reject: (reason: MicroError) => void;
  #incoming: Incoming | undefined = undefined;
  /** The answer is a stream, which the caller has got. */
  #answered = false;
  #metadata: Metadata = noMetadata;

  constructor(
    calls: CallsOfClient,
    message: CallMessage,
    block: number,
    resolve: (answer: Message) => void,
    reject: (reason: MicroError) => void,
  ) {
    this.#calls = calls;
    this.message = message;
    this.block = block;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** It waited until the socket took more. */
  turn(): void {
    this.#calls.open(this);
  }

  /** A frame of the answer. */
  receive(flags: number, bytes: Slab, from: number, to: number): void {
    if (this.#incoming !== undefined) this.#goOn(this.#incoming, flags, bytes, from, to);
    else if (flags === flag.end) this.received(bytes.subarray(from, to));
    else this.#open(flags, bytes, from, to);
  }

  /** The call ends here, whatever has arrived of its answer. */
  fail(reason: MicroError, drop = false): void {
    this.#finish();
    this.outgoing?.stop();
    this.#incoming?.close(reason, drop);
    if (!this.#answered) this.#reject(reason);
  }

  /** Told by the lifetime. */
  readonly ended = (reason: MicroError): void => {
    const late = reason.code === 'deadline_exceeded';
    this.#giveUp(late ? cancelReason.deadline : cancelReason.caller, reason, true);
  };

  /** The server reads no more of the request, but still answers. */
  stopSending(): void {
    this.outgoing?.stop();
    this.outgoing = undefined;
  }

  sent(): void {
    this.outgoing = undefined;
  }

  broke(error: MicroError): void {
    this.outgoing = undefined;
    this.#giveUp(cancelReason.source, error);
  }

  giveCredit(bytes: number): void {
    this.#calls.link.credit(this.id, bytes);
  }

  overflow(bytes: number): void {
    const reason = tooLarge(bytes, this.#calls.limits.messageBytes);
    this.#giveUp(cancelReason.caller, reason);
  }

  received(body: Uint8Array): void {
    this.#finish();
    this.outgoing?.stop();
    if (body.length > this.#calls.limits.messageBytes) {
      this.#reject(tooLarge(body.length, this.#calls.limits.messageBytes));
      return;
    }
    this.#resolve({ contentType: this.message.contentType, metadata: this.#metadata, body });
  }

  abandoned(): void {
    this.#calls.link.cancel(this.id, cancelReason.caller);
    this.#finish();
    this.outgoing?.stop();
  }

  #goOn(incoming: Incoming, flags: number, bytes: Slab, from: number, to: number): void {
    incoming.receive(flags, bytes, from, to);
    if (!this.#answered || (flags & flag.end) === 0) return;
    this.#finish();
    this.outgoing?.stop();
  }

  #open(flags: number, bytes: Slab, start: number, to: number): void {
    let from = start;
    if ((flags & flag.metadata) !== 0) {
      from = metadataEnd(bytes, start, to);
      const limit = this.#calls.limits.metadataBytes;
      if (metadataText(bytes, start, from) > limit) {
        this.#giveUp(cancelReason.caller, metadataTooLarge(limit));
        return;
      }
      this.#metadata = readMetadata(bytes, start);
    }
    if ((flags & flag.noMessage) !== 0) {
      if (from < to) throw new ProtocolError('a message where there is none');
      this.#openStream(flags);
    } else if ((flags & flag.more) !== 0) {
      const value = new IncomingValue(this, this.#calls.link);
      this.#incoming = value;
      value.open(bytes, from, to, to - start);
    } else if ((flags & flag.end) !== 0) {
      this.received(bytes.subarray(from, to));
    } else {
      throw new ProtocolError('an answer without END');
    }
  }

  #openStream(flags: number): void {
    const body = new IncomingStream(this, this.#calls.link);
    this.#incoming = body;
    this.#answered = true;
    this.#resolve({ contentType: this.message.contentType, metadata: this.#metadata, body });
    if ((flags & flag.end) === 0) return;
    body.end();
    this.#finish();
    this.outgoing?.stop();
  }

  #giveUp(why: number, reason: MicroError, drop = false): void {
    if (this.id > 0) this.#calls.link.cancel(this.id, why);
    this.fail(reason, drop);
  }

  #finish(): void {
    this.message.lifetime.offEnd(this.ended);
    this.#calls.forget(this);
  }
}
