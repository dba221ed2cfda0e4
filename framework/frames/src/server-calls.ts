import { Lifetime, MicroError } from '@micro-ts/interface';
import type { Body, Exchange, Message } from '@micro-ts/interface';
import { ByStream } from './by-stream.ts';
import { encodeFailure, metadataTooLarge } from './failure.ts';
import { callBytes, flag, frameType, maxStream, noDeadline, readU16, readU32 } from './frame.ts';
import type { Slab } from './frame.ts';
import { checkPart } from './incoming.ts';
import { IncomingStream } from './incoming-stream.ts';
import { IncomingValue } from './incoming-value.ts';
import type { Link } from './link.ts';
import { metadataEnd, metadataText, readMetadata } from './metadata-block.ts';
import { DefinedNames } from './names.ts';
import type { Name } from './names.ts';
import { ProtocolError } from './protocol-error.ts';
import { ServerCall } from './server-call.ts';
import type { CallsOfServer } from './server-call.ts';

/** Bytes of answers that wait for credit, above which a connection gets no more calls. */
const maxHeld = 64 * 1_048_576;

/** The calls of one connection that are not answered. */
export class ServerCalls implements CallsOfServer {
  readonly link: Link;
  readonly names = new DefinedNames();
  /** Bytes of answers that wait for credit. */
  held = 0;
  /** Highest stream that was accepted. */
  accepted = 0;
  /** Set when it takes no more calls. */
  draining = false;
  readonly #exchange: Exchange;
  readonly #peer: string | undefined;
  readonly #byStream = new ByStream<ServerCall>();
  /** Told each time that a call is over. */
  readonly #over: () => void;
  #last = 0;
  /** Calls that are not over, or whose handler works on although nobody waits for it. */
  #open = 0;
  /** When the present chunk was read. */
  #now = 0;
  #starting: ServerCall[] = [];

  constructor(link: Link, exchange: Exchange, peer: string | undefined, over: () => void) {
    this.link = link;
    this.#exchange = exchange;
    this.#peer = peer;
    this.#over = over;
  }

  /** Calls whose answer is not sent. */
  get size(): number {
    return this.#byStream.size;
  }

  /** The call of a stream; `undefined` if it is over. */
  get(stream: number): ServerCall | undefined {
    const call = this.#byStream.get(stream);
    if (call === undefined && (stream > this.#last || stream === 0)) {
      throw new ProtocolError(`a frame for stream ${stream}, which was never opened`);
    }
    return call;
  }

  /** Reads a CALL. */
  accept(flags: number, id: number, bytes: Slab, from: number, to: number): void {
    if (id <= this.#last || id > maxStream) throw new ProtocolError(`stream ${id} opened again`);
    if (to - from < callBytes) throw new ProtocolError('a call is cut off');
    this.#last = id;
    const name = this.names.get(readU16(bytes, from));
    const refused = this.#refusal();
    if (refused !== undefined) {
      this.#refuse(id, name, refused);
      return;
    }
    this.accepted = id;
    if (this.#now === 0) this.#now = performance.now();
    const left = readU32(bytes, from + 4);
    const lifetime = new Lifetime(left === noDeadline ? Infinity : this.#now + left);
    const call = new ServerCall(this, id, name, lifetime, bytes[from + 2]! || 1);
    this.#byStream.set(id, call);
    this.#open++;
    const at = from + callBytes;
    if ((flags & flag.metadata) === 0) this.#begin(call, flags, bytes, from, at, to);
    else this.#beginWithMetadata(call, flags, bytes, from, at, to);
  }

  ready(call: ServerCall): void {
    this.#starting.push(call);
  }

  /** The calls of the chunk that was read. */
  takeStarting(): readonly ServerCall[] {
    this.#now = 0;
    const starting = this.#starting;
    if (starting.length > 0) this.#starting = [];
    return starting;
  }

  hand(call: ServerCall, body: Body): Promise<Message> {
    const { service, endpoint, contentType } = call.name;
    const { lifetime, attempt, metadata } = call;
    const peer = this.#peer;
    try {
      return this.#exchange({
        service,
        endpoint,
        contentType,
        lifetime,
        attempt,
        metadata,
        body,
        peer,
      });
    } catch (error) {
      return Promise.reject(MicroError.from(error));
    }
  }

  forget(call: ServerCall): void {
    this.#byStream.delete(call.id);
    this.#over();
  }

  released(): void {
    this.#open--;
  }

  /** The peer is gone. */
  cancelAll(text: string): void {
    if (this.#byStream.size === 0) return;
    const reason = new MicroError('cancelled', text);
    for (const call of this.#byStream.values()) call.cancel(reason);
  }

  #begin(
    call: ServerCall,
    flags: number,
    bytes: Slab,
    start: number,
    from: number,
    to: number,
  ): void {
    if ((flags & flag.noMessage) !== 0) {
      if (from < to) throw new ProtocolError('a message where there is none');
      const stream = new IncomingStream(call, this.link);
      if ((flags & flag.end) !== 0) stream.end();
      call.incoming = stream;
      call.begin(stream);
    } else if ((flags & flag.more) !== 0) {
      checkPart(flags, to - start);
      const value = new IncomingValue(call, this.link);
      call.incoming = value;
      value.open(bytes, from, to, to - start);
    } else if ((flags & flag.end) === 0) {
      throw new ProtocolError('a call without END');
    } else if (to - from > this.link.limits.messageBytes) {
      call.overflow(to - from);
    } else {
      call.begin(bytes.subarray(from, to));
    }
  }

  #beginWithMetadata(
    call: ServerCall,
    flags: number,
    bytes: Slab,
    start: number,
    from: number,
    to: number,
  ): void {
    const body = metadataEnd(bytes, from, to);
    const limit = this.link.limits.metadataBytes;
    if (metadataText(bytes, from, body) > limit) {
      call.fail(metadataTooLarge(limit), true);
      return;
    }
    call.metadata = readMetadata(bytes, from);
    this.#begin(call, flags, bytes, start, body, to);
  }

  /** Why a call is turned away unread. */
  #refusal(): MicroError | undefined {
    const { callsPerConnection } = this.link.limits;
    if (this.draining) return new MicroError('unavailable', 'the node takes no more calls');
    if (this.#open < callsPerConnection && this.held <= maxHeld) return undefined;
    const text =
      this.held > maxHeld
        ? 'answers on this connection wait to be read'
        : `${callsPerConnection} calls are under way on this connection`;
    return new MicroError('resource_exhausted', text);
  }

  #refuse(id: number, { service }: Name, error: MicroError): void {
    const payload = encodeFailure(error, service);
    this.link.writer.frame(frameType.error, flag.refused, id, payload);
  }
}
