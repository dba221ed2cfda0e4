import etag from '@fastify/etag';
import { calls, refuseOrigins, requestStats, rpc, sockets, takenRoute } from '@micro-ts/edge';
import type { FastifyInstance } from 'fastify';
import { admit } from './admit.ts';
import type { GatewayParts } from './gateway-parts.ts';
import type { ApiSettings, Mount } from './options.ts';
import { serveOpenApi } from './openapi/index.ts';
import type { OpenApiParts, SecurityScheme } from './openapi/index.ts';
import { prefixOf } from './prefix-of.ts';
import { serveEnvelopes } from './serve-envelopes.ts';
import { serveEvents } from './serve-events.ts';
import { serveHealth } from './serve-health.ts';
import { serveProxy } from './serve-proxy.ts';

/** Fastify plugin: everything that the gateway answers. */
export async function serveGateway(fastify: FastifyInstance, parts: GatewayParts): Promise<void> {
  const { edge, settings, access } = parts;
  await fastify.register(sockets, {
    messageBytes: settings.bodyLimit,
    allowOrigin: () => true, // those of strangers have been refused before
  });
  fastify.addHook('preClose', async () => edge.streams.end());
  serveHealth(fastify, parts);
  await fastify.register(async (open) => {
    if (settings.stats) await open.register(requestStats, { edge });
    await admit(open, settings, access);
    if (settings.openapi) await open.register(serveOpenApi, openApiParts(open, parts));
    if (settings.rpc)
      await open.register(async (own) => {
        refuseOrigins(own, { origins: settings.cors });
        await own.register(rpc, { edge });
      });
    for (const mount of mountsOf(settings))
      await open.register(async (own) => serve(own, mount, parts));
  });
}

function openApiParts(fastify: FastifyInstance, { edge, settings }: GatewayParts): OpenApiParts {
  const { access } = settings;
  const mounts = mountsOf(settings)
    .filter(({ handler }) => handler === 'rpc')
    .map((mount) => ({ ...mount, isTaken: takenRoute(fastify, prefixOf(mount)) }));
  const hasKeys = (access?.keys.length ?? 0) > 0 || access?.keysFile !== undefined;
  const security: SecurityScheme[] = hasKeys ? ['key'] : [];
  if (access?.jwt !== undefined) security.push('jwt');
  return { directory: edge.directory, options: { mounts, security } };
}

/** What no mount has is for the handler of the options. */
function mountsOf({ mounts, handler, namespace, stripPrefix }: ApiSettings): readonly Mount[] {
  return [...mounts, { path: '/', handler, namespace, stripPrefix }];
}

async function serve(
  fastify: FastifyInstance,
  mount: Mount,
  { edge, settings }: GatewayParts,
): Promise<void> {
  // Web apps behind the proxy know themselves who may do what.
  if (mount.handler !== 'proxy') refuseOrigins(fastify, { origins: settings.cors });
  switch (mount.handler) {
    case 'rpc':
      await fastify.register(calls, {
        ...{ edge, namespace: mount.namespace, prefix: prefixOf(mount) },
        reading: (scope) => scope.register(etag, { weak: true }),
      });
      return;
    case 'api':
      return serveEnvelopes(fastify, mount, edge);
    case 'proxy':
      return serveProxy(fastify, mount, { edge, timeout: settings.proxyTimeout });
    case 'event':
      return serveEvents(fastify, mount, edge);
  }
}
