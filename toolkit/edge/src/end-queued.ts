import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestSignal } from './request-signal.ts';

/**
 * Closes an answer whose turn never comes. Requests that a client sends without waiting are answered
 * in their order, and when it goes, Node closes the answer that is being sent, not those behind it:
 * who waits for their end would wait forever.
 */
export function endQueued(request: FastifyRequest, { raw }: FastifyReply): void {
  if (raw.socket !== null) return;
  const signal = requestSignal(request);
  const end = (): void => {
    if (raw.socket !== null || raw.closed) return; // its turn has come: Node closes it
    raw.destroy();
    raw.emit('close');
  };
  signal.addEventListener('abort', end, { once: true });
  raw.once('close', () => signal.removeEventListener('abort', end));
}
