import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

/** Nest over a server that answers itself to what fails, and to what nobody answers to. */
export class ServerAdapter extends FastifyAdapter {
  constructor(server: FastifyInstance) {
    super(server as never);
  }

  override setErrorHandler(): ReturnType<FastifyAdapter['setErrorHandler']> {
    return this.getInstance() as never;
  }

  override setNotFoundHandler(): ReturnType<FastifyAdapter['setNotFoundHandler']> {
    return this.getInstance() as never;
  }
}
