import type { FastifyRequest } from 'fastify';

/** The query of a request; of a key that stands there twice, the last value. */
export function readQuery({ query }: FastifyRequest): Readonly<Record<string, string | undefined>> {
  const given = Object.entries(query as Record<string, string | readonly string[]>);
  return Object.fromEntries(
    given.map(([key, value]) => [key, typeof value === 'string' ? value : value.at(-1)]),
  );
}
