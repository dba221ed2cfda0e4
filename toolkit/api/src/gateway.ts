import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpServer, listen, openEdge } from '@micro-ts/edge';
import type { Allow, Edge, HttpServer, Listening } from '@micro-ts/edge';
import { App, MicroModule } from '@micro-ts/nest';
import { ConsoleLogger } from 'micro-ts';
import type { Config, Logger } from 'micro-ts';
import { allow, createAccess } from './access/index.ts';
import type { Access } from './access/index.ts';
import { checkOptions } from './check-options.ts';
import { addressOf } from './limit-rate.ts';
import type { ApiOptions, ApiSettings } from './options.ts';
import { serveGateway } from './serve-gateway.ts';
import { ServerAdapter } from './server-adapter.ts';
import { openTls } from './tls.ts';

/** A gateway that runs. */
export interface Gateway extends Listening {
  /**
   * Stops without losing a request: says at `/ready` that it goes and has clients come back by new
   * connections, takes no more after the grace, and finishes what runs. Twice is fine.
   */
  close(): Promise<void>;
}

/**
 * Starts a gateway; resolves when it listens.
 * @param config in place of the `micro.config.ts` that is otherwise looked for
 * @throws ConfigError for what is configured wrongly; nothing is left open then
 * @example const gateway = await createGateway({ address: ':8080', cors: ['https://shop.example'] });
 */
export async function createGateway(options: ApiOptions = {}, config?: Config): Promise<Gateway> {
  const settings = checkOptions(options);
  const access = settings.access && createAccess(settings.access, 'toolkit.api.access');
  const logger = new ConsoleLogger(config?.log, { app: 'api' });
  const tls = await openTls(settings, logger);
  try {
    const problem = (error: unknown): void => logger.error('The gateway failed', { error });
    const server = createHttpServer({ ...settings, tls: tls?.options, problem });
    tls?.follow(server.fastify.server);
    server.fastify.addHook('onClose', async () => tls?.close());
    return await start(server, { settings, access, logger }, config);
  } catch (error) {
    await tls?.close();
    throw error;
  }
}

interface Parts {
  readonly settings: ApiSettings;
  readonly access: Access | undefined;
  readonly logger: Logger;
}

async function start(server: HttpServer, parts: Parts, config?: Config): Promise<Gateway> {
  const { fastify, drain } = server;
  const nest = await NestFactory.create<NestFastifyApplication>(
    MicroModule.forRoot(config),
    new ServerAdapter(fastify),
    { logger: false, bodyParser: false, abortOnError: false },
  );
  try {
    await nest.init();
    const edge = await openEdgeOf(nest.get(App), parts);
    fastify.addHook('onClose', () => edge.close());
    await fastify.register(serveGateway, { ...parts, edge, drain });
    const { address } = parts.settings;
    const listening = await listen(fastify, { key: 'toolkit.api.address', address });
    return { ...listening, close: () => drain.run(() => nest.close()) };
  } catch (error) {
    await nest.close();
    throw error;
  }
}

const openEdgeOf = (app: App, { settings, access, logger }: Parts): Promise<Edge> =>
  openEdge(app, {
    headers: [...settings.headers, ...(access?.names ?? [])],
    longestTimeout: settings.longestTimeout,
    mostStreams: settings.sockets,
    mostStreamsOfClient: settings.socketsPerClient || Infinity,
    clientOf: addressOf,
    allow: allowed,
    warn: (text) => logger.warn(text),
  });

/** @throws MicroError `permission_denied` */
const allowed: Allow = ({ identity }, { service, endpoint }) =>
  allow(identity, { service, endpoint: endpoint.name });
