import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerCall } from './answer-call.ts';
import type { Edge } from './edge.ts';
import { answerSocket } from './call-over-socket.ts';
import { createPathFinder } from './find-by-path.ts';
import { takeRawBodies } from './raw-bodies.ts';
import { requestBody } from './request-body.ts';
import type { PathOptions } from './resolve-path.ts';
import type { RouteMatch } from './route-table.ts';
import { methodRefusal } from './refusal.ts';
import { sendError } from './send-error.ts';
import { wantsSocket } from './sockets.ts';
import { pathOf } from './split-path.ts';

/** Works out what a request is for: a route that a service asked for, else what its path means. */
export type Locate = (request: FastifyRequest) => RouteMatch;

const none: RouteMatch['variables'] = [];

/**
 * @param prefix what stands before the paths that services know of
 * @throws MicroError if nothing answers to the request; see `resolvePath` and `findEndpoint`
 */
export function createLocate(edge: Edge, options: PathOptions = {}, prefix = ''): Locate {
  const find = createPathFinder(edge.directory, options);
  return ({ method, url }) => {
    const path = pathOf(url).slice(prefix.length);
    const route = edge.routes().match(method, path);
    if (route !== undefined) return route;
    const target = find(path);
    if (method === 'GET' || method === 'HEAD' || method === 'POST')
      return { target, variables: none };
    throw methodRefusal('GET, HEAD, POST');
  };
}

/** What {@link calls} is given. */
export interface CallsOptions extends PathOptions {
  readonly edge: Edge;
}

/**
 * Fastify plugin: every path of its scope that has no other route calls an endpoint, by the routes
 * that services ask for and by `resolvePath`; over web sockets too, if `sockets` is registered. Give
 * it a `prefix` to put it elsewhere than `/`.
 */
export async function calls(fastify: FastifyInstance, options: CallsOptions): Promise<void> {
  const { edge } = options;
  const locate = createLocate(edge, options, fastify.prefix);
  takeRawBodies(fastify);
  fastify.setErrorHandler((error, request, reply) => {
    sendError(request, reply, error);
  });
  fastify.addHook('preClose', async () => edge.streams.end());
  fastify.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/*',
    handler: (request: FastifyRequest, reply: FastifyReply) => {
      const match = locate(request);
      const { target, variables } = match;
      if (wantsSocket(request)) return answerSocket(edge, request, reply, match);
      const body = requestBody(request, target.endpoint, variables);
      return answerCall(edge, request, reply, target, body);
    },
  });
}
