import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';

const controllers = new WeakMap<Socket, AbortController>();

/**
 * Aborts when the client is gone. All requests of a connection share it, for they end together; with
 * HTTP/2 each stream is a connection here.
 */
export function requestSignal({ raw }: FastifyRequest): AbortSignal {
  const { stream } = raw as unknown as { readonly stream?: Socket };
  const source = raw.httpVersionMajor === 2 && stream !== undefined ? stream : raw.socket;
  const known = controllers.get(source);
  if (known !== undefined) return known.signal;
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // a client may send many requests without waiting
  controllers.set(source, controller);
  if (source.destroyed) controller.abort();
  else source.once('close', () => controller.abort());
  return controller.signal;
}
