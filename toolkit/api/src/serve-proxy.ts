import { Agent, request as httpRequest } from 'node:http';
import { Agent as SecureAgent, request as httpsRequest } from 'node:https';
import { pathOf, refusal, wantsSocket } from '@micro-ts/edge';
import type { Edge } from '@micro-ts/edge';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Node } from 'micro-ts';
import { allow, refuseQuestion } from './access/index.ts';
import { everyMethod } from './every-method.ts';
import { forwardedHeaders } from './forwarded-headers.ts';
import type { Mount } from './options.ts';
import { pass } from './passage.ts';
import type { Send } from './passage.ts';
import { prefixOf } from './prefix-of.ts';
import { tunnel } from './tunnel.ts';
import { webNodes, webTarget } from './web-node.ts';

/** What the proxy needs besides its mount. */
export interface ProxyParts {
  readonly edge: Edge;
  /** Until an answer begins, in ms. */
  readonly timeout: number;
}

/**
 * Answers paths below a mount with what web services answer: `/shop/cart` is asked of a node of
 * `shop`. Bodies stream both ways; web sockets pass. Only what is registered can be reached.
 */
export function serveProxy(fastify: FastifyInstance, mount: Mount, parts: ProxyParts): void {
  const base = prefixOf(mount);
  const send = openAgents(fastify);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null));
  const handler = (request: FastifyRequest, reply: FastifyReply): void => {
    const asked = request.raw.url ?? '/';
    const path = pathOf(asked);
    refuseTraversal(path);
    const target = webTarget(path.slice(base.length), mount.namespace);
    if (target === undefined) throw refusal('not_found', 'the path names no service');
    refuseQuestion(request);
    allow(request.identity, { service: target.service });
    const nodes = webNodes(parts.edge.directory, target.service);
    const prefix = mount.stripPrefix ? `${base}${target.prefix}` : '';
    const rest = asked.slice(prefix.length);
    const url = rest.startsWith('/') ? rest : `/${rest}`;
    const passage = { request, reply, url, prefix };
    if (wantsSocket(request)) tunnel(nodes[0] as Node, passage, send, parts.edge.streams);
    else pass(nodes, passage, send, parts.timeout);
  };
  const url = `${base}/*`;
  fastify.route({ method: everyMethod(fastify, url), url, compress: false, handler });
}

/** Connections to nodes, kept for later requests. */
function openAgents(fastify: FastifyInstance): Send {
  const options = { keepAlive: true, maxFreeSockets: 32 };
  const plain = new Agent(options);
  const secure = new SecureAgent(options);
  fastify.addHook('onClose', async () => {
    plain.destroy();
    secure.destroy();
  });
  return ({ address, metadata }, { request, url, prefix }) => {
    const isSecure = metadata['protocol'] === 'https' || metadata['secure'] === 'true';
    const { hostname, port } = new URL(`http://${address}`);
    return (isSecure ? httpsRequest : httpRequest)({
      agent: isSecure ? secure : plain,
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? 80 : port,
      method: request.method,
      path: url,
      headers: { ...forwardedHeaders(request, prefix), host: address },
    });
  };
}

/** A path that climbs could leave the service that its beginning names. */
function refuseTraversal(path: string): void {
  if (/(^|\/|\\|%2f|%5c)(\.|%2e){1,2}($|\/|\\|%2f|%5c)/i.test(path))
    throw refusal('invalid_argument', 'the path climbs');
}
