import type { FastifyInstance } from 'fastify';
import type { App } from 'micro-ts';
import { textOf } from './text-of.ts';
import { UnwellError } from './probe.ts';
import type { Probe } from './probe.ts';

/** What {@link health} is given. */
export interface HealthOptions {
  readonly app: App;
  /** Looks at the app beside the sidecar, if it was told of one. */
  readonly beside: Probe | undefined;
  /** Longest look, in ms. */
  readonly timeout: number;
}

/**
 * Fastify plugin: `GET /health`, how the app beside the sidecar is at this moment: 200, its own status
 * if that is another, or 500. Without such an app, how the sidecar itself is: 200 or 503.
 */
export async function health(fastify: FastifyInstance, options: HealthOptions): Promise<void> {
  const { app, beside, timeout } = options;
  fastify.get('/health', { exposeHeadRoute: true }, async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    if (beside === undefined) {
      const own = app.health();
      return reply.code(own.status === 'ok' ? 200 : 503).send(own);
    }
    try {
      await beside(timeout);
      return reply.code(200).send();
    } catch (error) {
      const status = error instanceof UnwellError ? error.status : 500;
      return reply.code(status).type('text/plain').send(textOf(error));
    }
  });
}
