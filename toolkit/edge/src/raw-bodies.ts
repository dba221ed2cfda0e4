import type { FastifyInstance } from 'fastify';

/**
 * Bodies of all types arrive as a `Buffer`, up to the server's `bodyLimit`, in this scope of the
 * server and those inside it. For plugins that pass bytes on.
 */
export function takeRawBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
}
