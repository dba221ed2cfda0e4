import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const sane = /^[\w.:+/=@-]{1,128}$/;

/**
 * The id of a request: its `X-Request-Id` if that is short and plain, else a new one. For Fastify's
 * `genReqId`.
 */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && sane.test(given) ? given : randomUUID();
}
