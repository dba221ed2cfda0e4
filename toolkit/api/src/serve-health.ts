import { refuseOtherMethods } from '@micro-ts/edge';
import type { FastifyInstance } from 'fastify';
import type { GatewayParts } from './gateway-parts.ts';

/** `/health` answers while the process lives; `/ready` says whether to send requests here. */
export function serveHealth(
  fastify: FastifyInstance,
  { edge, drain }: Pick<GatewayParts, 'edge' | 'drain'>,
): void {
  fastify.get('/health', { exposeHeadRoute: true }, async () => ({ status: 'ok' }));
  fastify.get('/ready', { exposeHeadRoute: true }, async (_request, reply) => {
    const status = drain.begun ? 'draining' : edge.directory.version > 0 ? 'ok' : 'waiting';
    if (status !== 'ok') reply.code(503).header('retry-after', '1');
    return reply
      .header('cache-control', 'no-store')
      .send({ status, services: edge.directory.services().length });
  });
  for (const own of ['/health', '/ready']) refuseOtherMethods(fastify, own, ['GET', 'HEAD']);
}
