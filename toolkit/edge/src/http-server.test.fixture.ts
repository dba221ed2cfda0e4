// A server with small limits, and bytes on real sockets.
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { createHttpServer } from './http-server.ts';
import type { HttpServer, HttpServerOptions } from './http-server.ts';
import { listen } from './listen.ts';
import type { Listening } from './listen.ts';

/** All that is started here is closed after each test. */
const opened: HttpServer[] = [];
afterEach(async () => {
  for (const { fastify } of opened.splice(0)) {
    fastify.server.closeAllConnections();
    await fastify.close();
  }
});

export interface Opened extends HttpServer, Listening {
  readonly port: number;
  /** Errors of the server's own. */
  readonly problems: readonly unknown[];
}

/** @param plug adds what is tried */
export async function openServer(
  options: Partial<HttpServerOptions> = {},
  plug: (fastify: FastifyInstance) => unknown = () => undefined,
  address = '127.0.0.1:0',
): Promise<Opened> {
  const problems: unknown[] = [];
  const limits = { bodyLimit: 10_000, headerLimit: 8_192, uploadTimeout: 700, unreadTimeout: 500 };
  const problem = (error: unknown): void => void problems.push(error);
  const server = createHttpServer({ ...limits, drain: 200, problem, ...options });
  opened.push(server);
  plug(server.fastify);
  const listening = await listen(server.fastify, { key: 'toolkit.test.address', address });
  return { ...server, ...listening, problems, port: Number(/\d+$/.exec(listening.address)?.[0]) };
}

/** Sends bytes over a connection of its own; all that comes until it is closed. */
export function talk(port: number, bytes: string, host = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, host, () => socket.write(bytes, 'latin1'));
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(text) : reject(error),
    );
    socket.on('close', () => resolve(text));
  });
}

/** A request that is answered, after which the connection ends. */
export const get = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`;

/** Status and body of an answer. */
export function read(text: string): readonly [status: number, body: unknown] {
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  return [Number(text.slice(9, 12)), body === '' ? undefined : JSON.parse(body)];
}
