import { refusal, sendError } from '@micro-ts/edge';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

/** Nest over the gateway's server, which says itself what nobody answers to. */
export class GatewayAdapter extends FastifyAdapter {
  readonly #server: FastifyInstance;

  constructor(server: FastifyInstance) {
    super(server as never);
    this.#server = server;
  }

  override setNotFoundHandler(): ReturnType<FastifyAdapter['setNotFoundHandler']> {
    return this.#server.setNotFoundHandler((request, reply) =>
      sendError(request, reply, refusal('not_found', 'nothing answers to that here')),
    ) as never;
  }
}
