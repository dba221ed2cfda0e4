import { callEndpoint, createLocate, refusal, takeRawBodies } from '@micro-ts/edge';
import type { Edge } from '@micro-ts/edge';
import type { FastifyInstance } from 'fastify';
import { Raw } from 'micro-ts';
import { refuseQuestion } from './access/index.ts';
import { apiRequest } from './api-message.ts';
import { sendApiResponse } from './api-response.ts';
import { everyMethod } from './every-method.ts';
import { endToEnd } from './forwarded-headers.ts';
import type { Mount } from './options.ts';
import { prefixOf } from './prefix-of.ts';

/**
 * Answers paths below a mount with services that see the whole HTTP request, as an `api.Request`,
 * and answer an `api.Response`.
 */
export function serveEnvelopes(fastify: FastifyInstance, mount: Mount, edge: Edge): void {
  const base = prefixOf(mount);
  const locate = createLocate(edge, { namespace: mount.namespace, anyMethod: true }, base);
  takeRawBodies(fastify);
  const url = `${base}/*`;
  fastify.route({
    method: everyMethod(fastify, url),
    url,
    handler: async (request, reply) => {
      refuseQuestion(request);
      const { target } = locate(request);
      const headers = { ...endToEnd(request.headers), ...request.identity?.metadata };
      const body = JSON.stringify(apiRequest(request, headers as never));
      const message = new Raw('application/json', Buffer.from(body));
      const answer = await callEndpoint(edge, request, target, message);
      return sendApiResponse(reply, parse(answer));
    },
  });
}

function parse(answer: unknown): unknown {
  try {
    if (answer instanceof Raw) return JSON.parse(Buffer.from(answer.bytes).toString('utf8'));
  } catch {
    // It is told below.
  }
  throw refusal('data_loss', 'the service answered what is no api.Response');
}
