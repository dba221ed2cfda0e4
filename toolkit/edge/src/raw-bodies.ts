import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpRefusal } from './refusal.ts';

/** What {@link takeRawBodies} can be told. */
export interface RawBodiesOptions {
  /** Refuses with 415 what is compressed: for those who read the bytes. Default false. */
  readonly plain?: boolean;
}

/**
 * Bodies of all types arrive as a `Buffer`, up to the server's `bodyLimit`, in this scope of the
 * server and those inside it. For plugins that pass bytes on.
 */
export function takeRawBodies(
  fastify: FastifyInstance,
  { plain = false }: RawBodiesOptions = {},
): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    if (plain && isEncoded(request)) done(encoded);
    else done(null, body);
  });
}

const isEncoded = ({ headers }: FastifyRequest): boolean =>
  !/^ *(identity)? *$/i.test(headers['content-encoding'] ?? '');

const encoded = new HttpRefusal(415, 'the body should not be compressed', {
  'accept-encoding': 'identity',
});
