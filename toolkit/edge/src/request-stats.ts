import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Edge } from './edge.ts';
import { isEndless } from './endless.ts';
import { refuseOtherMethods } from './refuse-other-methods.ts';
import { RequestCounters } from './request-counters.ts';
import { statsPage, statsPagePolicy } from './stats-page.ts';
import { metricsText, statsJson } from './stats-text.ts';
import type { Gauges } from './stats-text.ts';
import { wantsSocket } from './sockets.ts';

/** What {@link requestStats} is given. */
export interface RequestStatsOptions {
  readonly edge: Edge;
  /** Default `/stats`; a page for browsers, JSON for others. */
  readonly path?: string;
  /** For Prometheus. Default `/metrics`. */
  readonly metricsPath?: string;
}

const began = new WeakMap<ServerResponse, number>();

/**
 * Fastify plugin: counts the requests of the scope that it is registered in, and shows them. Who may
 * see that is up to the scope's hooks. Web sockets are counted while they are open only.
 */
export async function requestStats(
  fastify: FastifyInstance,
  { edge, path = '/stats', metricsPath = '/metrics' }: RequestStatsOptions,
): Promise<void> {
  const counters = new RequestCounters();
  const gauges = (): Gauges => ({ streams: edge.streams.size });
  function onClose(this: ServerResponse): void {
    const took = performance.now() - (began.get(this) as number);
    // A client that went before its answer began is what 499 says.
    counters.end(this.headersSent ? this.statusCode : 499, isEndless(this) ? undefined : took);
  }
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!wantsSocket(request)) {
      counters.begin();
      began.set(reply.raw, performance.now());
      reply.raw.on('close', onClose);
    }
    done();
  });
  fastify.addHook('onClose', async () => counters.close());
  fastify.get(path, (request, reply) => showStats(request, reply, counters, gauges()));
  fastify.get(metricsPath, (_request, reply) =>
    reply
      .header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
      .send(metricsText(counters, gauges())),
  );
  for (const own of [path, metricsPath]) refuseOtherMethods(fastify, own, ['GET']);
}

/** Its hooks are for the whole scope that it is registered in. */
Object.assign(requestStats, { [Symbol.for('skip-override')]: true });

function showStats(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  counters: RequestCounters,
  gauges: Gauges,
): FastifyReply {
  reply.header('cache-control', 'no-store').header('vary', 'Accept');
  if (headers.accept?.includes('text/html') === true)
    return reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', statsPagePolicy)
      .send(statsPage);
  return reply.send(statsJson(counters, gauges));
}
