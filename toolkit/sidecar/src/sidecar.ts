import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { RunningApp } from '@micro-ts/commands';
import { createHttpServer, listen, openEdge } from '@micro-ts/edge';
import type { HttpServer, Listening } from '@micro-ts/edge';
import { App, MicroModule } from '@micro-ts/nest';
import { ConsoleLogger } from 'micro-ts';
import type { Config, Logger } from 'micro-ts';
import { admit } from './admit.ts';
import type { SidecarOptions, SidecarSettings } from './options.ts';
import { readOptions } from './read-options.ts';
import { serveSidecar } from './serve-sidecar.ts';
import { ServerAdapter } from './server-adapter.ts';

/** A sidecar that runs. */
export interface Sidecar extends RunningApp, Listening {
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
  const logger = new ConsoleLogger(config?.log, { app: 'sidecar' });
  const problem = (error: unknown): void => logger.error('The sidecar failed', { error });
  // No grace: what calls it is on the same machine, and nobody is to be told to call another one.
  const server = createHttpServer({ ...settings, errors: 'micro', problem });
  const running = await start(server, { settings, logger }, config);
  const lines = [`sidecar listens on ${running.url}`];
  const { token } = settings;
  if (options.token === undefined && token !== undefined) lines.push(`token ${token}`);
  return { ...running, token, lines };
}

interface Parts {
  readonly settings: SidecarSettings;
  readonly logger: Logger;
}

async function start(
  { fastify, drain }: HttpServer,
  parts: Parts,
  config?: Config,
): Promise<Listening & Pick<RunningApp, 'close'>> {
  const { address, sockets } = parts.settings;
  admit(fastify, parts.settings);
  const nest = await NestFactory.create<NestFastifyApplication>(
    MicroModule.forRoot(config),
    new ServerAdapter(fastify),
    { logger: false, bodyParser: false, abortOnError: false },
  );
  try {
    await nest.init();
    // Who calls here is a program, and says what it means by its headers.
    const edge = await openEdge(nest.get(App), { headers: ['*'], mostStreams: sockets });
    fastify.addHook('onClose', () => edge.close());
    await fastify.register(serveSidecar, { ...parts, edge });
    const listening = await listen(fastify, { key: 'toolkit.sidecar.address', address });
    return { ...listening, close: () => drain.run(() => nest.close()) };
  } catch (error) {
    await nest.close();
    throw error;
  }
}
