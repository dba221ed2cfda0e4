import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { ignoreUpgrade } from './ignore-upgrade.ts';
import { refusal } from './refusal.ts';
import { SocketPulse } from './socket-pulse.ts';

/** What {@link sockets} is given. */
export interface SocketsOptions {
  /** Largest message that a client may send, in bytes; a larger one closes its socket. Default 4 MiB. */
  readonly messageBytes?: number;
  /**
   * How often clients are asked whether they are there, in ms; who does not answer is cut off.
   * Default 30,000.
   */
  readonly pingEvery?: number;
  /**
   * Whether pages of an origin may open sockets; browsers let any page try. Default: those of the host
   * that is called. Clients that are no browsers name no origin, and are not asked about.
   */
  readonly allowOrigin?: (origin: string, request: FastifyRequest) => boolean;
}

/** How long clients have to close when the server does, in ms. */
const farewell = 1_000;

type Accept = (request: FastifyRequest, reply: FastifyReply) => WebSocket | undefined;

const asked = new WeakMap<IncomingMessage, Accept>();

/**
 * Fastify plugin, once for a server: requests for a web socket run through hooks and routes like any
 * other, and get an HTTP answer, unless a route accepts them with {@link acceptSocket}. Those for other
 * protocols are answered as if they had not asked for them.
 */
export async function sockets(fastify: FastifyInstance, options: SocketsOptions): Promise<void> {
  const { messageBytes = 4 * 1024 * 1024, pingEvery = 30_000 } = options;
  const { allowOrigin = isSameHost } = options;
  const own = { noServer: true, clientTracking: false, perMessageDeflate: false };
  const server = new WebSocketServer({ ...own, maxPayload: messageBytes });
  const pulse = new SocketPulse(pingEvery);
  const onUpgrade = (raw: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', ignore);
    const response = new ServerResponse(raw);
    response.shouldKeepAlive = false;
    try {
      response.assignSocket(socket as never);
    } catch {
      // A request before this one is not answered yet: nothing may be written in front of its answer.
      return void socket.destroy();
    }
    if (!asksForSocket(raw)) {
      response.detachSocket(socket as never);
      return ignoreUpgrade(fastify.server, raw, socket, head);
    }
    // Node no longer looks after the connection, and a client may leave its half of it open.
    response.once('finish', () => socket.end(() => socket.destroy()));
    const accept: Accept = (request, reply) => {
      const { origin } = raw.headers;
      if (origin !== undefined && !allowOrigin(origin, request))
        throw refusal('permission_denied', 'pages of this origin may not open web sockets here');
      reply.hijack();
      response.detachSocket(socket as never);
      let accepted: WebSocket | undefined;
      server.handleUpgrade(raw, socket, head, (opened) => (accepted = opened));
      if (accepted !== undefined) pulse.add(accepted);
      return accepted;
    };
    asked.set(raw, accept);
    fastify.routing(raw, response);
  };
  fastify.server.on('upgrade', onUpgrade);
  fastify.addHook('preClose', async () => {
    await pulse.end(farewell);
  });
}

const ignore = (): void => undefined;

/** Nobody reads the body of a request that becomes a web socket: one that has any is for something else. */
const asksForSocket = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' &&
  headers.upgrade?.toLowerCase() === 'websocket' &&
  headers['transfer-encoding'] === undefined &&
  Number(headers['content-length'] ?? 0) === 0;

/** Whether a request asks for a web socket, and there can be one. */
export const wantsSocket = ({ raw }: FastifyRequest): boolean => asked.has(raw);

/**
 * Accepts a web socket in place of an answer.
 * @returns `undefined` if the handshake was wrong; the client has been told
 * @throws MicroError `permission_denied` for pages of other origins
 */
export function acceptSocket(request: FastifyRequest, reply: FastifyReply): WebSocket | undefined {
  const accept = asked.get(request.raw);
  if (accept === undefined)
    throw refusal('invalid_argument', 'this is no request for a web socket');
  asked.delete(request.raw);
  return accept(request, reply);
}

function isSameHost(origin: string, { headers }: FastifyRequest): boolean {
  try {
    return new URL(origin).host === headers.host;
  } catch {
    return false;
  }
}
