import type { Duplex } from 'node:stream';
import { MicroError } from '@micro-ts/interface';
import type { Connection, Limits } from '@micro-ts/interface';
import { ClientSession } from './client-session.ts';
import { asRefused } from './failure.ts';
import { clientPatience } from './liveness.ts';

/** Options of {@link connectFrames}. */
export interface ConnectFramesOptions {
  readonly limits: Limits;
  /** Id of the node that must answer. If another one does, all calls are refused. */
  readonly node?: string | undefined;
  /**
   * For a handshake that is still going on: what it has read of the frames already. Calls are written
   * at once and nothing is read before it resolves. If it rejects, or the socket closes before, all
   * calls are refused.
   */
  readonly ready?: Promise<Uint8Array> | undefined;
  /**
   * A peer that is silent is asked after 125 ms instead of 250: for media that tell of a dead one only
   * those who send.
   */
  readonly asksSooner?: boolean;
}

/**
 * The client's side of frames on a socket, which it owns from now on. The chunks that the socket
 * emits must not be used again by whoever reads it: answers are views of them.
 */
export function connectFrames(socket: Duplex, options: ConnectFramesOptions): Connection {
  const { limits, node, ready, asksSooner = false } = options;
  const patience = asksSooner ? { ...clientPatience, ask: 1 } : clientPatience;
  const session = new ClientSession(socket, { limits, node, patience });
  if (ready === undefined) {
    session.start(undefined);
  } else {
    ready.then(
      (head) => session.start(head),
      (reason: unknown) => session.lost(asRefused(MicroError.from(reason, 'unavailable'))),
    );
  }
  const { exchange, onState, life } = session;
  return { exchange, onState, closed: life.closed, close: life.close };
}
