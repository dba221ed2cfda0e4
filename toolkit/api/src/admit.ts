import compress from '@fastify/compress';
import cors from '@fastify/cors';
import rateLimit from '@fastify/rate-limit';
import { isLoopback, parseAddress } from '@micro-ts/wire';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { MicroError } from 'micro-ts';
import type { Access } from './access/index.ts';
import { refuseHosts } from './hosts.ts';
import type { ApiSettings } from './options.ts';

/** How long browsers may remember that they may call, in seconds. */
const remembered = 600;
/** Clients whose requests are counted at a time; beyond, those that came least are forgotten. */
const counted = 20_000;

/**
 * Has a scope of the server turn away what it should not read: requests for others, callers who have
 * not shown who they are, callers who ask too much. Questions of browsers, which cannot say who they
 * are, are answered before.
 */
export async function admit(
  fastify: FastifyInstance,
  settings: ApiSettings,
  access: Access | undefined,
): Promise<void> {
  const loopback = isLoopback(parseAddress(settings.address).host);
  if (settings.cors.length > 0) await fastify.register(cors, corsOptions(settings.cors));
  refuseHosts(fastify, settings.hosts, loopback);
  access?.install(fastify);
  if (settings.rateLimit > 0) await limitRate(fastify, settings, access !== undefined);
  if (settings.compress)
    await fastify.register(compress, { globalDecompression: false, encodings: ['br', 'gzip'] });
}

/** Whoever lets everybody call does not get their cookies and passwords with it. */
const corsOptions = (origins: readonly string[]) => ({
  origin: origins.includes('*') ? '*' : [...origins],
  credentials: !origins.includes('*'),
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  exposedHeaders: ['x-request-id', 'retry-after', 'etag'],
  maxAge: remembered,
  strictPreflight: false,
});

/** Whoever is known is counted by name, wherever the requests come from. */
const clientOf = ({ identity, ip }: FastifyRequest): string =>
  identity === null ? ip : `${identity.kind} ${identity.name}`;

async function limitRate(
  fastify: FastifyInstance,
  { rateLimit: max, rateWindow: timeWindow }: ApiSettings,
  known: boolean,
): Promise<void> {
  await fastify.register(rateLimit, {
    max,
    timeWindow,
    cache: counted,
    ...(known && { keyGenerator: clientOf }),
    errorResponseBuilder: (_request, { ttl }) =>
      new MicroError('resource_exhausted', `more than ${max} requests in ${timeWindow} ms`, {
        origin: 'micro.edge',
        details: { retryAfter: ttl / 1_000 },
      }),
  });
}
