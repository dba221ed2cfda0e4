import {
  calls,
  refuseOtherMethods,
  requestStats,
  rpc,
  sockets,
  takeRawBodies,
} from '@micro-ts/edge';
import type { Edge } from '@micro-ts/edge';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'micro-ts';
import { appBeside } from './app-beside.ts';
import { broker } from './broker.ts';
import { health } from './health.ts';
import type { SidecarSettings } from './options.ts';
import { Registrations } from './registrations.ts';
import { registry } from './registry.ts';

/** What {@link serveSidecar} is given. */
export interface SidecarParts {
  readonly edge: Edge;
  readonly settings: SidecarSettings;
  readonly logger: Logger;
}

/** Fastify plugin: everything that the sidecar answers. */
export async function serveSidecar(
  fastify: FastifyInstance,
  { edge, settings, logger }: SidecarParts,
): Promise<void> {
  const { app } = edge;
  const { healthcheckHosts, healthcheckTimeout: timeout, namespace } = settings;
  const checking = {
    interval: settings.healthcheckInterval,
    timeout,
    threshold: settings.healthcheckThreshold,
  };
  const beside = appBeside(settings);
  const registrations = new Registrations({ app, logger, checking }, settings.registrations);
  fastify.addHook('preClose', async () => {
    await registrations.close(); // first, as nobody would look after the apps any more
    edge.streams.end();
  });
  takeRawBodies(fastify, { plain: true });
  await fastify.register(sockets, {
    messageBytes: settings.bodyLimit,
    allowOrigin: () => true, // those of strangers have been refused before
  });
  await fastify.register(requestStats, { edge });
  await fastify.register(rpc, { edge, addresses: true, unlisted: true });
  await fastify.register(registry, { edge, registrations, healthcheckHosts });
  await fastify.register(broker, { edge });
  await fastify.register(calls, { edge, namespace, unlisted: true });
  await fastify.register(health, { app, beside: beside?.probe, timeout });
  refuseOtherMethods(fastify, '/registry', ['GET', 'POST', 'DELETE']);
  refuseOtherMethods(fastify, '/broker', ['GET', 'POST']);
  refuseOtherMethods(fastify, '/health', ['GET', 'HEAD']);
  if (beside !== undefined) registrations.register(beside).catch(() => undefined);
}
