import etag from '@fastify/etag';
import { answerCall, createLocate, requestBody, takeRawBodies } from '@micro-ts/edge';
import type { Edge } from '@micro-ts/edge';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Mount } from './options.ts';
import { createVersions } from './service-version.ts';

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
  const locate = createLocate(edge, { namespace: mount.namespace }, base);
  const inVersion = createVersions(edge.directory);
  const handler = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { target, variables } = locate(request);
    const meant = inVersion(request, target);
    const body = requestBody(request, meant.endpoint, variables);
    return answerCall(edge, request, reply, meant, body);
  };
  takeRawBodies(fastify);
  await fastify.register(async (reading) => {
    await reading.register(etag, { weak: true });
    reading.route({ method: ['GET', 'HEAD'], url: `${base}/*`, handler });
  });
  fastify.route({ method: ['POST', 'PUT', 'PATCH', 'DELETE'], url: `${base}/*`, handler });
}
