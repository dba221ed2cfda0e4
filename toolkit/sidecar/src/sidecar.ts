import type { RunningToolkitApp } from '@micro-ts/commands';
import { createHttpServer, openTlsFiles, serve } from '@micro-ts/edge';
import type { Listening } from '@micro-ts/edge';
import { isLoopback, parseAddress } from '@micro-ts/wire';
import { createLogger } from 'micro-ts';
import type { Config } from 'micro-ts';
import { admit } from './admit.ts';
import type { SidecarOptions } from './options.ts';
import { readOptions } from './read-options.ts';
import { serveSidecar } from './serve-sidecar.ts';

/** A sidecar that runs. */
export interface Sidecar extends RunningToolkitApp, Listening {
  /** What callers must show; `undefined` if nothing. */
  readonly token: string | undefined;
}

/**
 * Starts a sidecar: every feature of Micro over HTTP. Resolves when it serves.
 * @param options where nothing is said, it serves this machine at port 8081
 * @param config the infrastructure, in place of the `micro.config.ts` that is looked for
 * @throws ConfigError with the fix
 * @example const sidecar = await createSidecar({ address: '127.0.0.1:0' }, { registry: 'etcd' });
 */
export async function createSidecar(
  options: SidecarOptions = {},
  config?: Config,
): Promise<Sidecar> {
  const settings = readOptions(options);
  const { address, token } = settings;
  const logger = await createLogger(config, { app: 'sidecar' });
  const tls = openTlsFiles(settings, 'toolkit.sidecar', logger);
  const problem = (error: unknown): void => logger.error('The sidecar failed', { error });
  // No grace: what calls it is on the same machine, and nobody is to be told to call another one.
  const server = createHttpServer({ ...settings, tls, errors: 'micro', problem });
  admit(server.fastify, settings);
  const serving = await serve(server, {
    key: 'toolkit.sidecar.address',
    address,
    config,
    // Who calls here is a program, and says what it means by its headers.
    edge: { headers: ['*'], mostStreams: settings.sockets },
    routes: (scope, edge) => serveSidecar(scope, { edge, settings, logger }),
  });
  if (tls === undefined && !isLoopback(parseAddress(address).host))
    logger.warn('Whoever sees the network can read the token: give cert and key', { address });
  const lines = [`sidecar listens on ${serving.url}`];
  if (options.token === undefined && token !== undefined) lines.push(`token ${token}`);
  return { ...serving, token, lines };
}
