import compress from '@fastify/compress';
import cors from '@fastify/cors';
import { refuseHosts } from '@micro-ts/edge';
import { isLoopback, parseAddress } from '@micro-ts/wire';
import type { FastifyInstance } from 'fastify';
import type { Access } from './access/index.ts';
import { limitRate } from './limit-rate.ts';
import type { ApiSettings } from './options.ts';

/** How long browsers may remember that they may call, in seconds. */
const remembered = 600;

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
  // Beyond loopback it answers to any name unless it is told its own: balancers have many.
  const names = settings.hosts.length > 0 || loopback ? settings.hosts : ['*'];
  refuseHosts(fastify, { names, loopback });
  const limit = settings.rateLimit > 0 ? await limitRate(fastify, settings) : undefined;
  access?.install(fastify, limit?.countRefusals());
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
