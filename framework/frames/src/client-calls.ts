import type { CallMessage, Limits, MicroError } from '@micro-ts/interface';
import { ByStream } from './by-stream.ts';
import type { CallsOfClient, ClientCall } from './client-call.ts';
import { asRefused, refusal } from './failure.ts';
import { callBytes, frameType, headerBytes, maxPayload, maxStream, writeU16 } from './frame.ts';
import type { Link } from './link.ts';
import { encodeName, NameNumbers, numberName } from './names.ts';
import { firstPart, writeOpening } from './opening.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import { OutgoingValue } from './outgoing-value.ts';
import { ProtocolError } from './protocol-error.ts';

/** The calls of one connection that are not over. */
export class ClientCalls implements CallsOfClient {
  readonly link: Link;
  readonly limits: Limits;
  readonly #byStream = new ByStream<ClientCall>();
  /** They wait until the socket takes more. */
  readonly #unsent = new Set<ClientCall>();
  readonly #names = new NameNumbers();
  /** Told each time that one is over. */
  readonly #over: () => void;
  #last: number;

  constructor(link: Link, last: number, over: () => void) {
    this.link = link;
    this.limits = link.limits;
    this.#last = last;
    this.#over = over;
  }

  get size(): number {
    return this.#byStream.size + this.#unsent.size;
  }

  /** No number is left for another call. */
  get exhausted(): boolean {
    return this.#last + this.#unsent.size >= maxStream;
  }

  /** The call of a stream; `undefined` if it is over. */
  get(stream: number): ClientCall | undefined {
    const call = this.#byStream.get(stream);
    if (call === undefined && (stream > this.#last || stream === 0)) {
      throw new ProtocolError(`a frame for stream ${stream}, which was never opened`);
    }
    return call;
  }

  /** Tells the server a name that it does not know. */
  define(message: CallMessage): void {
    if (this.#names.find(message) === undefined) this.#define(message);
  }

  add(call: ClientCall): void {
    const { turns } = this.link.writer;
    if (turns.blocked) {
      this.#unsent.add(call);
      turns.wait(call);
    } else {
      this.open(call);
    }
  }

  /** Writes the first frame of a call. */
  open(call: ClientCall): void {
    const { message, block } = call;
    const { writer } = this.link;
    const value = message.body instanceof Uint8Array ? message.body : undefined;
    const name = this.#names.find(message) ?? this.#define(message);
    const id = ++this.#last;
    this.#unsent.delete(call);
    this.#byStream.set(id, call);
    const { metadata } = message;
    const at = writeOpening(writer, frameType.call, id, callBytes, metadata, block, value);
    writeU16(writer.slab, at, name);
    writer.slab[at + 2] = Math.min(message.attempt, 255);
    writer.slab[at + 3] = 0;
    writer.deadline(at + 4, message.lifetime);
    call.id = id;
    call.flushes = writer.flushes;
    writer.flush(this.#byStream.size === 1);
    if (value === undefined) this.#sendStream(call, message.body as AsyncIterable<Uint8Array>);
    else if (value.length + callBytes + block > maxPayload) this.#sendRest(call, value);
  }

  /** A call is over. */
  forget(call: ClientCall): void {
    if (call.id === 0) {
      this.#unsent.delete(call);
      this.link.writer.turns.forget(call);
    } else {
      this.#byStream.delete(call.id);
    }
    this.#over();
  }

  /** The server takes more than was assumed of it. */
  widen(bytes: number): void {
    if (bytes > 0) for (const call of this.#byStream.values()) call.outgoing?.grant(bytes);
  }

  /** Fails the calls that the server has not looked at. */
  refuseAbove(last: number, text: string): void {
    const reason = refusal('unavailable', text);
    for (const call of [...this.#byStream.values(), ...this.#unsent]) {
      if (call.id === 0 || call.id > last) call.fail(reason);
    }
  }

  /** @param unread the server has not looked at any of them. */
  failAll(reason: MicroError, unread: boolean): void {
    const refused = asRefused(reason);
    const { flushes } = this.link.writer;
    for (const call of [...this.#byStream.values(), ...this.#unsent]) {
      const left = call.id > 0 && call.flushes < flushes;
      call.fail(left && !unread ? reason : refused);
    }
  }

  #define(message: CallMessage): number {
    const payload = encodeName(message);
    const id = this.#names.add(message);
    this.link.writer.frame(frameType.define, 0, 0, numberName(payload, id));
    return id;
  }

  #sendStream(call: ClientCall, body: AsyncIterable<Uint8Array>): void {
    const stream = new OutgoingStream(call, this.link, call.id);
    call.outgoing = stream;
    stream.start(body);
  }

  #sendRest(call: ClientCall, value: Uint8Array): void {
    const at = firstPart(value, callBytes, call.block);
    const credit = this.link.peer.window - headerBytes - maxPayload;
    call.outgoing = new OutgoingValue(call, this.link.writer, call.id, value, at, credit);
  }
}
