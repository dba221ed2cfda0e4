// Requests that a client sends without waiting are answered in their order: an answer whose turn has
// not come has no socket yet.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestSignal } from './request-signal.ts';

/** The answer that was queued last on a connection. */
const latest = new WeakMap<Socket, ServerResponse>();

/**
 * Closes an answer whose turn never comes. When the client goes, Node 20 closes the answer that is being
 * sent, not those behind it: who waits for their end would wait forever.
 */
export function endQueued(request: FastifyRequest, { raw }: FastifyReply): void {
  if (raw.socket !== null) return;
  latest.set(request.raw.socket, raw);
  const signal = requestSignal(request);
  let closed = false;
  const end = (): void => {
    if (raw.socket !== null) return; // its turn has come: Node closes it
    raw.destroy();
    setImmediate(() => {
      if (!closed) raw.emit('close');
    });
  };
  signal.addEventListener('abort', end, { once: true });
  raw.once('close', () => {
    closed = true;
    signal.removeEventListener('abort', end);
  });
}

/** Whether no answer is queued behind this one: what ends a connection drops those. */
export function isLast(request: FastifyRequest, { raw }: FastifyReply): boolean {
  const last = latest.get(request.raw.socket);
  return last === undefined || last === raw || last.closed;
}
