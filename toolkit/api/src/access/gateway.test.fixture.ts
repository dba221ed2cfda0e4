import { sendError } from '@micro-ts/edge';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import { accessOptions, createAccess, allow } from './index.ts';
import type { AccessInput } from './index.ts';

/** A server that tells what of a request would get to a service. */
export async function openGateway(options: AccessInput): Promise<{
  url: string;
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Seen>;
  close(): Promise<void>;
}> {
  const server: FastifyInstance = fastify();
  server.setErrorHandler((error, request, reply) => sendError(request, reply, error));
  createAccess(v.parse(accessOptions, options)).install(server);
  server.all('/call/:service/:endpoint', async ({ params, identity, headers }) => {
    allow(identity, params as { service: string; endpoint: string });
    return headers;
  });
  server.all('/*', async ({ headers }) => headers);
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  return {
    url,
    async get(path, headers = {}, method = 'GET') {
      const response = await fetch(`${url}${path}`, { headers, method });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text };
    },
    close: () => server.close(),
  };
}

/** What a client sees. */
export interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}
