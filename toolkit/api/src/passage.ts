import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { sendError } from '@micro-ts/edge';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MicroError } from 'micro-ts';
import type { Node } from 'micro-ts';
import { endToEnd } from './forwarded-headers.ts';

/** A request on its way to a node of a web service. */
export interface Passage {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Path and query as the node gets them. */
  readonly url: string;
  /** What was taken off the path. */
  readonly prefix: string;
}

/** Begins the request to a node. Its body is written by whoever asked for it. */
export type Send = (node: Node, passage: Passage) => ClientRequest;

/** How long an answer may pause between two bytes, in ms. */
const longestPause = 120_000;
/** Nodes that are tried for one request, at most. */
const mostAttempts = 3;

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Asks the nodes, one after the other while that does no harm: if one cannot be reached, or if it
 * left without an answer to something that only reads.
 * @param timeout until the answer begins, in ms
 */
export function pass(nodes: readonly Node[], passage: Passage, send: Send, timeout: number): void {
  const { request, reply } = passage;
  const bodyless = hasNoBody(request);
  const repeatable = bodyless && safe.has(request.method);
  const latest = performance.now() + timeout;
  let attempts = 0;

  const attempt = (): void => {
    const node = nodes[attempts++ % nodes.length] as Node;
    const outgoing = send(node, passage);
    let connected = false;
    const late = setTimeout(
      () => outgoing.destroy(new MicroError('deadline_exceeded', 'the web service did not answer')),
      Math.max(latest - performance.now(), 1),
    );
    const leave = (): void => void outgoing.destroy();
    reply.raw.once('close', leave);
    whenConnected(outgoing, () => {
      connected = true;
      if (bodyless) outgoing.end();
      else request.raw.pipe(outgoing);
    });
    outgoing.once('response', (incoming) => {
      clearTimeout(late);
      if (isStatus(incoming.statusCode)) answer(reply, outgoing, incoming);
      else outgoing.destroy(new MicroError('data_loss', 'the web service answered with no status'));
    });
    outgoing.once('upgrade', (_incoming, socket: Socket) => {
      socket.destroy();
      clearTimeout(late);
      void sendError(
        request,
        reply,
        new MicroError('data_loss', 'the web service changed protocols'),
      );
    });
    outgoing.on('error', (error) => {
      clearTimeout(late);
      reply.raw.off('close', leave);
      request.raw.unpipe(outgoing);
      if (reply.sent || reply.raw.destroyed) return;
      const again = (repeatable || !connected) && !(error instanceof MicroError);
      if (again && attempts < Math.min(mostAttempts, nodes.length + 1)) attempt();
      else void sendError(request, reply, lossOf(error));
    });
  };
  attempt();
}

function answer(reply: FastifyReply, outgoing: ClientRequest, incoming: IncomingMessage): void {
  outgoing.setTimeout(longestPause, () => outgoing.destroy());
  void reply
    .code(incoming.statusCode ?? 502)
    .headers(endToEnd(incoming.headers) as Record<string, string>)
    .send(incoming);
}

/** Nothing of a body is taken from the client before there is somebody to give it to. */
function whenConnected(outgoing: ClientRequest, then: () => void): void {
  outgoing.once('socket', (socket: Socket & { encrypted?: boolean }) => {
    if (socket.connecting)
      socket.once(socket.encrypted === true ? 'secureConnect' : 'connect', then);
    else then();
  });
}

const isStatus = (code = 0): boolean => code >= 200 && code <= 599;

const hasNoBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;

const lossOf = (error: Error): MicroError =>
  error instanceof MicroError
    ? error
    : new MicroError('unavailable', 'the web service cannot be reached', { cause: error });
