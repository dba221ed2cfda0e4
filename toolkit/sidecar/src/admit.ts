import { hostname } from 'node:os';
import { refuseHosts, refuseOrigins } from '@micro-ts/edge';
import { parseAddress } from '@micro-ts/wire';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { SidecarSettings } from './options.ts';
import { requireToken } from './token.ts';

/**
 * Has a server turn away who may not call: web pages whose origin is not allowed, and whoever does not
 * show the token if there is one. Pages may not even send a visitor, as they may to the gateway: who
 * follows a link would call whatever it names, internal endpoints too.
 */
export function admit(
  fastify: FastifyInstance,
  { address, hosts, cors, token }: SidecarSettings,
): void {
  // Programs call it by whatever this machine is called or numbered; a page has names of its own only.
  const names = [hostname(), parseAddress(address).host, ...hosts];
  refuseHosts(fastify, { names, loopback: true, addresses: true });
  refuseOrigins(fastify, { origins: cors, visits: false });
  fastify.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    if (origin === undefined) return done();
    reply.header('access-control-allow-origin', origin).header('vary', 'Origin');
    if (request.method === 'OPTIONS') return preflight(request, reply);
    done();
  });
  if (token !== undefined) requireToken(fastify, token);
}

/** Browsers ask it before they show a token. */
function preflight({ headers }: FastifyRequest, reply: FastifyReply): void {
  void reply
    .code(204)
    .header('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE')
    .header('access-control-allow-headers', headers['access-control-request-headers'] ?? '*')
    .header('access-control-max-age', '600')
    .send();
}
