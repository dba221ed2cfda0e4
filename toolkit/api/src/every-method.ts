import type { FastifyInstance } from 'fastify';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Methods of the requests to a path that are passed on whole. Where `cors` answers OPTIONS, those are not. */
export const everyMethod = (fastify: FastifyInstance, url: string): string[] =>
  fastify.hasRoute({ method: 'OPTIONS', url }) ? methods : [...methods, 'OPTIONS'];
