import type { Metadata } from 'micro-ts';
import type { FastifyRequest } from 'fastify';
import type { Edge } from './edge.ts';

/** Names, or parts of names, of headers that let somebody in. */
const credential = /authori[sz]ation|cookie|api-?key|token|secret|passw|credential|jwt/;

/**
 * Headers without those that let somebody in: cookies, `authorization`, keys, tokens, whatever comes
 * before or after these words in their names. An event is for everybody who subscribes, which a
 * password is not.
 */
export function withoutCredentials<Value>(
  headers: Readonly<Record<string, Value>>,
): Record<string, Value> {
  const kept = Object.entries(headers).filter(
    ([name]) => !credential.test(name.toLowerCase().replaceAll('_', '-')),
  );
  return Object.fromEntries(kept);
}

/** The metadata of an event: that of a call, without credentials. */
export function eventMetadata(
  request: FastifyRequest,
  { metadata }: Pick<Edge, 'metadata'>,
): Metadata {
  return withoutCredentials(metadata(request));
}
