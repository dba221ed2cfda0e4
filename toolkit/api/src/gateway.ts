import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openEdge } from '@micro-ts/edge';
import type { Allow } from '@micro-ts/edge';
import { App, MicroModule } from '@micro-ts/nest';
import { formatAddress, isUnspecified, parseAddress } from '@micro-ts/wire';
import { ConfigError, ConsoleLogger } from 'micro-ts';
import type { Config } from 'micro-ts';
import type { FastifyInstance } from 'fastify';
import { allow, createAccess } from './access/index.ts';
import { checkOptions } from './check-options.ts';
import { createServer } from './create-server.ts';
import type { ApiOptions, ApiSettings } from './options.ts';
import { serveGateway } from './serve-gateway.ts';
import { followTls, readTls } from './tls.ts';

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
  const tls = readTls(settings);
  const server = createServer(settings, tls);
  const logger = new ConsoleLogger(config?.log, { app: 'api' });
  const problem = (error: unknown): void => logger.error('The gateway failed', { error });
  const nest = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.over(config),
    new FastifyAdapter(server as never),
    { logger: false, bodyParser: false, abortOnError: false },
  );
  try {
    await nest.init();
    const edge = await openEdge(nest.get(App), {
      headers: [...settings.headers, ...(access?.names ?? [])],
      longestTimeout: settings.longestTimeout,
      allow: allowed,
    });
    server.addHook('onClose', () => edge.close());
    const state = { draining: false };
    await server.register(serveGateway, { edge, settings, access, state, problem });
    const address = await listen(nest, settings);
    const unfollow = tls && followTls(server.server as never, settings, problem);
    const stop = async (): Promise<void> => {
      state.draining = true;
      await wait(settings.grace);
      unfollow?.();
      const cut = setTimeout(() => server.server.closeAllConnections(), settings.drain);
      await nest.close().finally(() => clearTimeout(cut));
    };
    let closing: Promise<void> | undefined;
    const url = `${tls === undefined ? 'http' : 'https'}://${reachable(address)}`;
    return { address, url, close: () => (closing ??= stop()) };
  } catch (error) {
    await nest.close();
    throw error;
  }
}

/** @throws MicroError `permission_denied` */
const allowed: Allow = ({ identity }, { service, endpoint }) =>
  allow(identity, { service, endpoint: endpoint.name });

/** @throws ConfigError if it cannot listen there */
async function listen(nest: NestFastifyApplication, { address }: ApiSettings): Promise<string> {
  const { host, port } = parseAddress(address);
  const server = nest.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  try {
    await server.listen({ port, host: isUnspecified(host) ? '::' : host });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    const why = code === 'EADDRINUSE' ? 'is taken' : `cannot be listened at (${code})`;
    const fix = 'Choose another one: --address 127.0.0.1:0 takes a free port.';
    throw new ConfigError('toolkit.api.address', `${address} ${why}`, fix);
  }
  const own = server.server.address() as AddressInfo;
  return formatAddress(host === '' ? own.address : host, own.port);
}

/** An address that this machine can call, where it listens on all of them. */
function reachable(address: string): string {
  const { host, port } = parseAddress(address);
  return formatAddress(isUnspecified(host) ? 'localhost' : host, port);
}
