import { randomUUID } from 'node:crypto';
import { parse } from 'node:querystring';
import type { Edge } from '@micro-ts/edge';
import {
  eventMetadata,
  methodRefusal,
  pathOf,
  queryOf,
  refusal,
  takeRawBodies,
  withoutCredentials,
} from '@micro-ts/edge';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { allow } from './access/index.ts';
import { headerPairs } from './api-message.ts';
import { endToEnd } from './forwarded-headers.ts';
import type { Mount } from './options.ts';
import { prefixOf } from './prefix-of.ts';

/**
 * Publishes what is posted below a mount: `/user/login` is the event `login` of the topic
 * `<namespace>.user`, as go-micro's `api.Event`. What lets
 * somebody in stays here. Answers 200 when the broker has taken it.
 */
export function serveEvents(fastify: FastifyInstance, mount: Mount, edge: Edge): void {
  takeRawBodies(fastify, { plain: true });
  const base = prefixOf(mount);
  fastify.route({
    method: ['GET', 'POST'],
    url: `${base}/*`,
    handler: async (request, reply) => {
      const path = pathOf(request.url).slice(base.length);
      const { topic, name } = eventOf(path, mount.namespace);
      allow(request.identity, { topic });
      const event = {
        name,
        id: `${topic}-${name}-${randomUUID()}`,
        timestamp: Math.floor(Date.now() / 1_000),
        header: headerPairs({
          ...withoutCredentials(endToEnd(request.headers) as Record<string, string>),
          ...request.identity?.metadata,
        }),
        data: dataOf(request),
      };
      await edge.app.publish(topic, event, { metadata: eventMetadata(request, edge) });
      return reply.send();
    },
  });
  fastify.route({
    method: ['HEAD', 'PUT', 'PATCH', 'DELETE'],
    url: `${base}/*`,
    handler: async () => {
      throw methodRefusal(['GET', 'POST']);
    },
  });
}

/** What a path publishes. @throws MicroError `not_found` if it names no topic */
export function eventOf(path: string, namespace: string): { topic: string; name: string } {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.some((part) => !/^[\w.~-]{1,100}$/.test(part) || /^\.+$/.test(part)))
    throw refusal('invalid_argument', 'the path has characters that no topic has');
  const versioned = parts.length > 1 && /^v\d+$/.test(parts[0] as string);
  const own = parts.slice(0, versioned ? 2 : 1);
  const topic = [...(namespace === '' ? [] : [namespace]), ...own].join('.');
  if (topic === '') throw refusal('not_found', 'the path names no topic');
  const rest = parts.slice(own.length).join('.');
  return { topic, name: rest === '' ? (own.at(-1) ?? 'event') : rest };
}

/** Of a GET the query, each value in a list; else the body as a text. */
const dataOf = (request: FastifyRequest): string => {
  if (request.method === 'POST') return ((request.body as Buffer | undefined) ?? '').toString();
  const values = Object.entries(parse(queryOf(request.url))).map(([name, value]) => [
    name,
    Array.isArray(value) ? value : [value],
  ]);
  return JSON.stringify(Object.fromEntries(values));
};
