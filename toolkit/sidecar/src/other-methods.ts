import { methodRefusal } from '@micro-ts/edge';
import type { FastifyInstance } from 'fastify';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The paths that the sidecar itself answers to, and the methods that they know. */
const own: Readonly<Record<string, readonly string[]>> = {
  '/registry': ['GET', 'POST', 'DELETE'],
  '/broker': ['GET', 'POST'],
  '/rpc': ['POST'],
  '/health': ['GET', 'HEAD'],
  '/stats': ['GET'],
  '/metrics': ['GET'],
};

/**
 * Has the sidecar's own paths refuse all other methods with 405, rather than be calls of a service of
 * that name. Register it behind what answers to them.
 */
export function refuseOtherMethods(fastify: FastifyInstance): void {
  for (const [url, allowed] of Object.entries(own)) {
    const others = methods.filter((method) => !fastify.hasRoute({ method, url } as never));
    const handler = (): never => {
      throw methodRefusal(allowed);
    };
    fastify.route({ method: others, url, handler });
  }
}
