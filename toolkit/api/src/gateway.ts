import { createHttpServer, serve } from '@micro-ts/edge';
import type { Allow, EdgeOptions, Listening } from '@micro-ts/edge';
import { createLogger } from 'micro-ts';
import type { Config, Logger } from 'micro-ts';
import { allow, createAccess } from './access/index.ts';
import type { Access } from './access/index.ts';
import { checkOptions } from './check-options.ts';
import { addressOf } from './limit-rate.ts';
import { logFailure } from './log-failure.ts';
import type { ApiOptions, ApiSettings } from './options.ts';
import { serveGateway } from './serve-gateway.ts';
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
  const logger = await createLogger(config, { app: 'api' });
  const tls = await openTls(settings, logger);
  const server = createHttpServer({
    ...{ ...settings, tls },
    problem: (error, request) => logFailure(logger, error, request),
  });
  const { drain } = server;
  return serve(server, {
    key: 'toolkit.api.address',
    address: settings.address,
    config,
    edge: edgeOptions(settings, access, logger),
    routes: (scope, edge) => serveGateway(scope, { settings, access, edge, drain }),
  });
}

const edgeOptions = (
  settings: ApiSettings,
  access: Access | undefined,
  logger: Logger,
): EdgeOptions => ({
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
