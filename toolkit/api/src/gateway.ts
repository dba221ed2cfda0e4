import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openEdge } from '@micro-ts/edge';
import type { Allow, Edge } from '@micro-ts/edge';
import { App, MicroModule } from '@micro-ts/nest';
import { formatAddress, isUnspecified, parseAddress } from '@micro-ts/wire';
import { ConfigError, ConsoleLogger } from 'micro-ts';
import type { Config, Logger } from 'micro-ts';
import type { FastifyInstance } from 'fastify';
import { allow, createAccess } from './access/index.ts';
import type { Access } from './access/index.ts';
import { checkOptions } from './check-options.ts';
import { createServer } from './create-server.ts';
import { GatewayAdapter } from './gateway-adapter.ts';
import type { ApiOptions, ApiSettings } from './options.ts';
import { serveGateway } from './serve-gateway.ts';
import { openTls } from './tls.ts';

/** A gateway that runs. */
export interface Gateway {
  /** Where it listens, with the port that was found: `127.0.0.1:8080`. */
  readonly address: string;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /**
   * Stops without losing a request: says at `/ready` that it goes and has clients come back by new
   * connections, takes no more after the grace, and finishes what runs. Twice is fine.
   */
  close(): Promise<void>;
}

/** The gateway as a Nest application: all that it has injected is Micro's app. */
@Module({})
class GatewayModule {
  static over(config: Config | undefined): DynamicModule {
    return { module: GatewayModule, imports: [MicroModule.forRoot(config)] };
  }
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
    const server = createServer(settings, tls?.options);
    tls?.follow(server.server);
    server.addHook('onClose', async () => tls?.close());
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

async function start(server: FastifyInstance, parts: Parts, config?: Config): Promise<Gateway> {
  const { settings, logger } = parts;
  const nest = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.over(config),
    new GatewayAdapter(server),
    { logger: false, bodyParser: false, abortOnError: false },
  );
  try {
    await nest.init();
    const edge = await openEdgeOf(nest.get(App), parts);
    server.addHook('onClose', () => edge.close());
    const state = { draining: false };
    const problem = (error: unknown): void => logger.error('The gateway failed', { error });
    await server.register(serveGateway, { ...parts, edge, state, problem });
    const address = await listen(server, settings);
    const stop = async (): Promise<void> => {
      state.draining = true;
      await wait(settings.grace);
      const cut = setTimeout(() => server.server.closeAllConnections(), settings.drain);
      await nest.close().finally(() => clearTimeout(cut));
    };
    let closing: Promise<void> | undefined;
    const url = `${(settings.cert ?? settings.acme) ? 'https' : 'http'}://${reachable(address)}`;
    return { address, url, close: () => (closing ??= stop()) };
  } catch (error) {
    await nest.close();
    throw error;
  }
}

const openEdgeOf = (app: App, { settings, access }: Parts): Promise<Edge> =>
  openEdge(app, {
    headers: [...settings.headers, ...(access?.names ?? [])],
    longestTimeout: settings.longestTimeout,
    mostStreams: settings.sockets,
    allow: allowed,
  });

/** @throws MicroError `permission_denied` */
const allowed: Allow = ({ identity }, { service, endpoint }) =>
  allow(identity, { service, endpoint: endpoint.name });

/** @throws ConfigError if it cannot listen there */
async function listen(server: FastifyInstance, { address }: ApiSettings): Promise<string> {
  try {
    const { host, port } = parseAddress(address);
    await server.listen({ port, host: isUnspecified(host) ? '::' : host });
    const own = server.server.address() as AddressInfo;
    return formatAddress(host === '' ? own.address : host, own.port);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'is taken' : `cannot be listened at: ${code ?? message}`;
    const fix = 'Choose another one: --address 127.0.0.1:0 takes a free port.';
    throw new ConfigError('toolkit.api.address', `${address} ${why}`, fix);
  }
}

/** An address that this machine can call, where it listens on all of them. */
function reachable(address: string): string {
  const { host, port } = parseAddress(address);
  return formatAddress(isUnspecified(host) ? 'localhost' : host, port);
}
