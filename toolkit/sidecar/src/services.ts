import type { FastifyInstance, FastifyRequest } from 'fastify';
import { MicroError, noMetadata } from 'micro-ts';
import { answerCall, answerSocket, createLocate, pathOf, requestBody } from '@micro-ts/edge';
import { resolvePath, wantsSocket } from '@micro-ts/edge';
import type { Edge, Locate, PathOptions } from '@micro-ts/edge';

/** What {@link services} is given. */
export interface ServicesOptions extends PathOptions {
  readonly edge: Edge;
}

/**
 * Fastify plugin: `/{service}/{endpoint}` calls any endpoint of any service, as the gateway does, and
 * those of apps that list none too: few of other languages do.
 */
export async function services(fastify: FastifyInstance, options: ServicesOptions): Promise<void> {
  const { edge } = options;
  const locate = locateUnlisted(edge, options);
  fastify.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/*',
    handler: (request, reply) => {
      const match = locate(request);
      if (wantsSocket(request)) return answerSocket(edge, request, reply, match);
      const body = requestBody(request, match.target.endpoint, match.variables);
      return answerCall(edge, request, reply, match.target, body);
    },
  });
}

function locateUnlisted(edge: Edge, options: PathOptions): Locate {
  const locate = createLocate(edge, options);
  return (request: FastifyRequest) => {
    try {
      return locate(request);
    } catch (error) {
      if (!(error instanceof MicroError) || error.code !== 'not_found') throw error;
      const { service, endpoint } = resolvePath(pathOf(request.url), options);
      const known = edge.directory.service(service);
      if (known === undefined || known.endpoints.size > 0 || request.method !== 'POST') throw error;
      const unlisted = { name: endpoint, kind: 'unary', metadata: noMetadata } as const;
      return { target: { service, endpoint: unlisted }, variables: [] };
    }
  };
}
