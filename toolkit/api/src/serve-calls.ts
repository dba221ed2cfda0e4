import etag from '@fastify/etag';
import { answerCall, answerSocket, createLocate, refusal } from '@micro-ts/edge';
import { requestBody, takeRawBodies, wantsSocket } from '@micro-ts/edge';
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
  const mine = isIn(mount.namespace);
  const handler = (
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> | undefined => {
    const match = locate(request);
    const target = inVersion(request, match.target);
    if (!mine(target.service)) throw refusal('not_found', 'no service here has this path');
    if (wantsSocket(request)) {
      answerSocket(edge, request, reply, { ...match, target });
      return undefined;
    }
    const body = requestBody(request, target.endpoint, match.variables);
    return answerCall(edge, request, reply, target, body);
  };
  takeRawBodies(fastify);
  await fastify.register(async (reading) => {
    await reading.register(etag, { weak: true });
    reading.route({ method: ['GET', 'HEAD'], url: `${base}/*`, handler });
  });
  fastify.route({ method: ['POST', 'PUT', 'PATCH', 'DELETE'], url: `${base}/*`, handler });
}

/** Routes that services ask for say nothing of namespaces. */
const isIn = (namespace: string): ((service: string) => boolean) => {
  const start = namespace === '' || namespace.endsWith('-') ? namespace : `${namespace}.`;
  return (service) => service.startsWith(start);
};
