import type { Server } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { formatAddress, isUnspecified, parseAddress } from '@micro-ts/wire';
import type { FastifyInstance } from 'fastify';
import { ConfigError } from 'micro-ts';

/** Where a server listens. */
export interface Listening {
  /** With the port that was found: `127.0.0.1:8080`; `[::]:8080` for all addresses. */
  readonly address: string;
  /** By which this machine can call it: `http://127.0.0.1:8080`. */
  readonly url: string;
}

/** The option that says where. */
export interface ListenOption {
  /** `toolkit.api.address` */
  readonly key: string;
  /** `host:port`; `:port` for all addresses of the machine, of IPv4 and IPv6. */
  readonly address: string;
}

/**
 * Has a server listen.
 * @throws ConfigError if it cannot listen there
 */
export async function listen(
  fastify: FastifyInstance,
  { key, address }: ListenOption,
): Promise<Listening> {
  const { host, port } = parseAddress(address);
  try {
    await listenAt(fastify, host, port);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'is taken' : `cannot be listened at: ${code ?? message}`;
    const fix = 'Choose another one: --address 127.0.0.1:0 takes a free port.';
    throw new ConfigError(key, `${address} ${why}`, fix);
  }
  const own = fastify.server.address() as AddressInfo;
  const scheme = 'setSecureContext' in fastify.server ? 'https' : 'http';
  return {
    address: formatAddress(host === '' ? own.address : host, own.port),
    url: `${scheme}://${formatAddress(reachable(host), own.port)}`,
  };
}

/** A host that this machine can call, where it listens on all of them. */
const reachable = (host: string): string =>
  host === '0.0.0.0' ? '127.0.0.1' : isUnspecified(host) ? 'localhost' : host;

async function listenAt(fastify: FastifyInstance, host: string, port: number): Promise<void> {
  if (host === 'localhost') {
    const also = listenToo(fastify);
    await fastify.listen({ port, host: '127.0.0.1' });
    await also();
  } else if (host === '') {
    await fastify.listen({ port, host: '::' }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EAFNOSUPPORT' && error.code !== 'EADDRNOTAVAIL') throw error;
      return fastify.listen({ port, host: '0.0.0.0' }); // a machine without IPv6
    });
  } else {
    await fastify.listen({ port, host });
  }
}

/**
 * `localhost` is two addresses, and clients try either. What connects to the second one is given to
 * the one server, and so is under its limits; Fastify would make a second server, which has none.
 * @returns begins to, at the port of the server; does not mind if it cannot
 */
function listenToo(fastify: FastifyInstance): () => Promise<void> {
  const server: Server = fastify.server;
  const options = { allowHalfOpen: true, noDelay: true, keepAlive: true };
  const second = createServer(options, (socket: Socket) => server.emit('connection', socket));
  let ended: Promise<void> | undefined;
  fastify.addHook('preClose', (done) => {
    ended = new Promise((resolve) => second.close(() => resolve()));
    done();
  });
  // The server does not wait for connections that it was given, and looks after them no more.
  fastify.addHook('onClose', async () => {
    const look = setInterval(() => server.closeIdleConnections(), 50);
    await ended;
    clearInterval(look);
  });
  return () =>
    new Promise((resolve) => {
      const { port } = server.address() as AddressInfo;
      second.on('error', () => resolve()).listen({ port, host: '::1' }, resolve);
    });
}
