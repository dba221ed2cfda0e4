import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { LiveStreams } from '@micro-ts/edge';
import type { Node } from 'micro-ts';
import type { FastifyReply } from 'fastify';
import { endToEnd } from './forwarded-headers.ts';
import type { Passage, Send } from './passage.ts';

/** How long a node may take to agree to a web socket, and pause in saying why not, in ms. */
const patience = 10_000;
/** Most bytes of the body with which it says why not. */
const longestRefusal = 1024 * 1024;

/**
 * Passes a web socket on: asks the node, gives the client its answer, and from then on every byte of
 * either to the other, no faster than it is read.
 * @throws MicroError if there are too many
 */
export function tunnel(node: Node, passage: Passage, send: Send, streams: LiveStreams): void {
  const { request, reply } = passage;
  const { socket } = request.raw;
  const forget = streams.add(request, () => socket.destroy());
  socket.once('close', forget);
  reply.hijack();
  reply.raw.detachSocket(socket);
  const outgoing = send(node, passage);
  outgoing.setHeader('connection', 'Upgrade');
  outgoing.setHeader('upgrade', 'websocket');
  const end = (): void => {
    outgoing.destroy();
    socket.destroy();
    reply.raw.destroy();
  };
  socket.once('error', end).once('close', end);
  outgoing.setTimeout(patience, end);
  outgoing.on('error', () => void socket.end(unreachable));
  outgoing.once('response', (incoming) => {
    socket.write(headOf(incoming, reply), 'latin1');
    passRefusal(incoming, socket, end);
  });
  outgoing.once('upgrade', (incoming, upstream, head) => {
    outgoing.setTimeout(0);
    upstream.setTimeout(0);
    upstream.once('error', end).once('close', end);
    socket.write(headOf(incoming, reply), 'latin1');
    if (head.length > 0) socket.write(head);
    upstream.pipe(socket);
    socket.pipe(upstream);
  });
  outgoing.end();
}

/** The answer of a node: it agrees, or says why not and with what to come back. */
function headOf(incoming: IncomingMessage, reply: FastifyReply): string {
  const { statusCode = 502, statusMessage = '' } = incoming;
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  if (statusCode === 101) lines.push('Connection: Upgrade', 'Upgrade: websocket');
  else lines.push('Connection: close'); // which is where the body ends, however long it is said to be
  const headers = { ...reply.getHeaders(), ...endToEnd(incoming.headers) };
  for (const [name, value] of Object.entries(headers))
    for (const one of Array.isArray(value) ? value : [value]) lines.push(`${name}: ${String(one)}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** @param end cuts off a body that is too long, or that ends too soon */
function passRefusal(incoming: IncomingMessage, socket: Duplex, end: () => void): void {
  let left = longestRefusal;
  incoming.on('data', ({ length }: Buffer) => {
    left -= length;
    if (left < 0) end();
  });
  incoming.once('error', end).once('end', () => socket.end(() => socket.destroy()));
  incoming.pipe(socket, { end: false });
}

const unreachable =
  'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
