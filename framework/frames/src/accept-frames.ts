import type { Duplex } from 'node:stream';
import type { Closable, Exchange, Limits } from '@micro-ts/interface';
import { ServerSession } from './server-session.ts';

/** Options of {@link acceptFrames}. */
export interface AcceptFramesOptions {
  readonly limits: Limits;
  /** Ids of the nodes that answer here: a client that wants another one is turned away. */
  readonly node?: (() => string | readonly string[] | undefined) | undefined;
  /** What was read of the frames already. */
  readonly head?: Uint8Array | undefined;
  /** Where the connection comes from: `10.0.0.7:51234`. */
  readonly peer?: string | undefined;
}

/** The server's side of one connection. */
export interface FramesServer extends Closable {
  /**
   * Takes no new calls and tells the client so; resolves when the last running one is answered and
   * the answer has left this process. The client then hangs up; `close` is for one that does not.
   */
  drain(): Promise<void>;
}

/**
 * The server's side of frames on a socket, which it owns from now on. `exchange` is called when all
 * that arrived together with a call was read, so that a call and its cancel never run. The chunks
 * that the socket emits must not be used again by whoever reads it: requests are views of them.
 */
export function acceptFrames(
  socket: Duplex,
  exchange: Exchange,
  { limits, node, head, peer }: AcceptFramesOptions,
): FramesServer {
  const nodes = node?.() ?? [];
  const options = { limits, peer, nodes: typeof nodes === 'string' ? [nodes] : nodes };
  const session = new ServerSession(socket, exchange, options);
  session.start(head);
  const { closed, close } = session.life;
  return { closed, close, drain: () => session.drain() };
}
