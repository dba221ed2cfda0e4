import etag from '@fastify/etag';
import { answerCall, answerSocket } from '@micro-ts/edge';
import { requestBody, takeRawBodies, wantsSocket } from '@micro-ts/edge';
import type { Edge } from '@micro-ts/edge';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { locateBelow } from './locate.ts';
import type { Mount } from './options.ts';

/**
 * Answers paths below a mount with what endpoints answer: by the routes that services ask for, else
 * by what the path means. What is read has an `ETag`, and is not sent again to who has it.
 */
export async function serveCalls(
  fastify: FastifyInstance,
  mount: Mount,
  edge: Edge,
): Promise<void> {
  const base = mount.path === '/' ? '' : mount.path;
  const locate = locateBelow(mount, edge);
  const handler = (
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> | undefined => {
    const match = locate(request);
    if (!wantsSocket(request)) {
      const body = requestBody(request, match.target.endpoint, match.variables);
      return answerCall(edge, request, reply, match.target, body);
    }
    answerSocket(edge, request, reply, match);
    return undefined;
  };
  takeRawBodies(fastify);
  await fastify.register(async (reading) => {
    await reading.register(etag, { weak: true });
    reading.route({ method: ['GET', 'HEAD'], url: `${base}/*`, handler });
  });
  fastify.route({ method: ['POST', 'PUT', 'PATCH', 'DELETE'], url: `${base}/*`, handler });
}
