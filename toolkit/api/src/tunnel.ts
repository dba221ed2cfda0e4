import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { LiveStreams } from '@micro-ts/edge';
import type { Node } from 'micro-ts';
import type { FastifyReply } from 'fastify';
import { endToEnd } from './forwarded-headers.ts';
import type { Passage, Send } from './passage.ts';

/** How long a node may take to agree to a web socket, in ms. */
const patience = 10_000;

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
  outgoing.on('error', () => refuse(socket, 'HTTP/1.1 503 Service Unavailable'));
  outgoing.once('response', (incoming) => {
    const { statusCode = 502, statusMessage = '' } = incoming;
    incoming.resume();
    refuse(socket, `HTTP/1.1 ${statusCode} ${statusMessage}`);
  });
  outgoing.once('upgrade', (incoming, upstream, head) => {
    outgoing.setTimeout(0);
    upstream.setTimeout(0);
    upstream.once('error', end).once('close', end);
    socket.write(headOf(incoming, reply));
    if (head.length > 0) socket.write(head);
    upstream.pipe(socket);
    socket.pipe(upstream);
  });
  outgoing.end();
}

function headOf(incoming: IncomingMessage, reply: FastifyReply): string {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket'];
  const headers = { ...reply.getHeaders(), ...endToEnd(incoming.headers) };
  for (const [name, value] of Object.entries(headers))
    for (const one of Array.isArray(value) ? value : [value]) lines.push(`${name}: ${String(one)}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const refuse = (socket: Duplex, status: string): void =>
  void socket.end(`${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
