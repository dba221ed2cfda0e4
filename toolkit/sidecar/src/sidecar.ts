import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { ConfigError } from 'micro-ts';
import type { Config } from 'micro-ts';
import type { RunningApp } from '@micro-ts/commands';
import { requestId, sendError, sockets } from '@micro-ts/edge';
import { formatAddress, parseAddress } from '@micro-ts/wire';
import { Access } from './access.ts';
import type { SidecarOptions, SidecarSettings } from './options.ts';
import { readOptions } from './read-options.ts';
import { SidecarModule } from './sidecar.module.ts';

/** Largest headers of a request, in bytes. */
const headerBytes = 64 * 1024;
/** How long a request may take to arrive: its head, and all of it; in ms. */
const slowest = { head: 10_000, whole: 60_000 };

/** A sidecar that runs. */
export interface Sidecar extends RunningApp {
  /** Where it listens, with the port that was found: `127.0.0.1:8081`. */
  readonly address: string;
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
  const server = await createServer(settings);
  const nest = await NestFactory.create(
    SidecarModule.forRoot(settings, config),
    new FastifyAdapter(server as never),
    { bodyParser: false, logger: false, abortOnError: false },
  );
  try {
    await nest.init();
    const address = await listen(nest, server, settings);
    const lines = [`sidecar listens on http://${address}`];
    if (options.token === undefined && settings.token !== undefined)
      lines.push(`token ${settings.token}`);
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= nest.close());
    return { address, token: settings.token, lines, close };
  } catch (error) {
    await nest.close().catch(() => undefined);
    throw error;
  }
}

async function createServer(settings: SidecarSettings): Promise<FastifyInstance> {
  const server = fastify({
    bodyLimit: settings.messageBytes,
    requestTimeout: slowest.whole,
    forceCloseConnections: 'idle',
    genReqId: requestId,
    http: { maxHeaderSize: headerBytes, headersTimeout: slowest.head },
  });
  const allowOrigin = (): boolean => true; // the hook has looked at it
  await server.register(sockets, { messageBytes: settings.messageBytes, allowOrigin });
  const access = new Access(settings);
  server.addHook('onRequest', (request, reply, done) => {
    try {
      access.check(request, reply);
    } catch (error) {
      sendError(request, reply, error, 'micro');
    }
    if (!reply.sent) done();
  });
  return server;
}

async function listen(
  nest: INestApplication,
  { server }: FastifyInstance,
  { address }: SidecarSettings,
): Promise<string> {
  const { host: named, port } = parseAddress(address);
  const host = named === '' ? '0.0.0.0' : named;
  try {
    await nest.listen(port, host);
  } catch (cause) {
    const { code = String(cause) } = cause as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'is taken' : `cannot be listened at (${code})`;
    throw new ConfigError(
      'toolkit.sidecar.address',
      `${address} ${why}`,
      'Choose another: --address 127.0.0.1:0',
    );
  }
  return formatAddress(host, (server.address() as AddressInfo).port);
}
