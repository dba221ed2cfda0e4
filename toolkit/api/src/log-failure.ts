import { pathOf } from '@micro-ts/edge';
import type { FastifyRequest } from 'fastify';
import { MicroError } from 'micro-ts';
import type { Logger } from 'micro-ts';

/**
 * Tells the log of a request that was answered with 500: what a service answered as a warning, without
 * frames of the gateway, which had no part in it; what failed here with all that is known.
 */
export function logFailure(
  logger: Pick<Logger, 'warn' | 'error'>,
  error: unknown,
  { id, method, url }: FastifyRequest,
): void {
  const request = { requestId: id, method, path: pathOf(url) };
  if (error instanceof MicroError && error.origin !== undefined) {
    const { origin, code, message } = error;
    logger.warn('The service failed', { ...request, origin, code, detail: message });
  } else logger.error('The gateway failed', { ...request, error });
}
