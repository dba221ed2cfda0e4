import type { FastifyInstance } from 'fastify';
import { methodRefusal } from './refusal.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * Has a path of the server's own refuse with 405 what it has no route for, before a body is read: else
 * it would be a call of a service of that name. Call it behind what answers there.
 * @param allowed what `Allow` says
 */
export function refuseOtherMethods(
  fastify: FastifyInstance,
  url: string,
  allowed: readonly string[],
): void {
  const refuse = async (): Promise<never> => {
    throw methodRefusal(allowed);
  };
  const others = methods.filter((method) => !fastify.hasRoute({ method, url } as never));
  fastify.route({ method: others, url, onRequest: refuse, handler: refuse });
}
