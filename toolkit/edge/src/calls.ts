import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Raw } from 'micro-ts';
import { answerCall } from './answer-call.ts';
import type { Edge } from './edge.ts';
import { answerSocket } from './answer-socket.ts';
import type { FindOptions } from './find-by-path.ts';
import { createLocate } from './locate.ts';
import { takeRawBodies } from './raw-bodies.ts';
import { requestBody, withFields } from './request-body.ts';
import { wantsSocket } from './sockets.ts';
import { takenRoute } from './taken-route.ts';
import { throwUnknownType } from './unknown-type.ts';

/** What {@link calls} is given. */
export interface CallsOptions extends FindOptions {
  readonly edge: Edge;
  /** Told the scope of what is only read: it can add an `ETag` there, for one. */
  readonly reading?: (scope: FastifyInstance) => PromiseLike<unknown>;
}

/**
 * Fastify plugin: every path of its scope that has no other route calls an endpoint, by the routes
 * that services ask for and by `resolvePath`; over web sockets too, if `sockets` is registered. One
 * request is joined with the path's variables and the query. Give it a `prefix` to put it elsewhere
 * than `/`. Errors are for the error handler of the server.
 */
export async function calls(fastify: FastifyInstance, options: CallsOptions): Promise<void> {
  const { edge, reading } = options;
  const locate = createLocate(
    edge,
    { ...options, isTaken: takenRoute(fastify, fastify.prefix) },
    fastify.prefix,
  );
  const handler = (
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> | undefined => {
    const { target, variables } = locate(request);
    const { endpoint } = target;
    if (wantsSocket(request)) {
      const complete = (body: Raw): Raw => withFields(body, request.url, endpoint, variables);
      answerSocket(edge, request, reply, { target, complete });
      return undefined;
    }
    const body = requestBody(request, endpoint, variables);
    return answerCall(edge, request, reply, target, body).catch(throwUnknownType);
  };
  takeRawBodies(fastify, { plain: true });
  await fastify.register(async (scope) => {
    await reading?.(scope);
    scope.route({ method: ['GET', 'HEAD'], url: '/*', handler });
  });
  fastify.route({ method: ['POST', 'PUT', 'PATCH', 'DELETE'], url: '/*', handler });
}
