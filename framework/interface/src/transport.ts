import type { Closable } from './closable.ts';
import type { Lifetime } from './lifetime.ts';
import type { Message } from './message.ts';
import type { Metadata } from './metadata.ts';
import type { Node } from './node.ts';

/** A request on its way: a message with an address. */
export interface CallMessage extends Message {
  readonly service: string;
  /** `Greeter.Hello`. */
  readonly endpoint: string;
  /** Its `left` travels; its end is told to the other side, which then ends the lifetime there. */
  readonly lifetime: Lifetime;
  /** 1 for the first attempt. It travels, so that inner layers do not multiply attempts. */
  readonly attempt: number;
  /** On the server's side, where it came from: `10.0.0.7:51234`. */
  readonly peer?: string | undefined;
}

/**
 * The one shape of a call, on both sides: a client's connection offers one, a server is one.
 *
 * A body of bytes is one value; an async iterable is a stream of values, in either direction. A
 * stream that nobody pulls stops its sender. It rejects with a `MicroError` and nothing else, and so
 * does a stream that breaks: at once when the lifetime ends, with its reason; marked `refused` if the
 * request cannot have been processed. The answer's content type is the request's.
 *
 * A stream in the request is touched only for a call that is sent: a connection that is closed, that
 * knows its node to be draining or that carries all the calls it may refuses without asking for an
 * iterator, so that the same stream can be sent elsewhere. Where it is the other side that refuses,
 * messages may have been read already, and what was read is gone. An answer of one message, or the end
 * of one of many, ends the request's stream, read to its end or not, by `return()`.
 */
export type Exchange = (call: CallMessage) => Promise<Message>;

/** What a transport needs to know of a node. */
export type Target = Pick<Node, 'id' | 'address' | 'metadata'>;

/**
 * How a connection is. `suspect`: it has not answered for a while; it is left alone, what runs there
 * goes on. `draining`: the node takes no new calls and is about to go.
 */
export type ConnectionState = 'ready' | 'suspect' | 'draining';

/** A way to one node, for any number of calls at once; how many sockets that takes is its affair. */
export interface Connection extends Closable {
  readonly exchange: Exchange;
  /** Tells of each change of state; `ready` needs no telling. Absent where there is only `ready`. */
  onState?(listener: (state: ConnectionState) => void): void;
}

/** A place where calls arrive. */
export interface Listener extends Closable {
  /** How it is reached: with the port that was found, the subject that was made. */
  readonly address: string;
  /** Goes into the node's record: `{ transport: 'http', protocol: 'mucp' }`. */
  readonly metadata: Metadata;
  /**
   * Whether there may be callers that are not told of a drain, so that `supports.grace` must pass first.
   * Absent: there may.
   */
  needsGrace?(): boolean;
  /**
   * Takes no new calls, tells its peers so, and resolves when the last running one is answered and
   * the answer is sent. A connection that is opened meanwhile is told at once. `close` then takes
   * what is left.
   */
  drain(): Promise<void>;
}

/** What a transport plugin declares. */
export interface TransportSupports {
  /** Streams in both directions, with back-pressure. */
  readonly streams: boolean;
  /** A cancel reaches the handler's signal. */
  readonly cancel: boolean;
  /** Largest message in bytes, where the medium has a limit of its own. */
  readonly maxBytes?: number;
  /** How long, in ms, a deregistered node must go on serving before it drains. Frames need none. */
  readonly grace: number;
}

/** Carries calls between processes. */
export interface Transport {
  /** Rejects with `unavailable`, refused, if it cannot be had within `limits.handshake`. */
  connect(target: Target): Promise<Connection>;
  /**
   * @param address `host:port`, port 0 for any free one, `host:8000-8100` for the first free one of
   * a range; other media have other forms.
   */
  listen(address: string, exchange: Exchange): Promise<Listener>;
}
