import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { refusal } from '@micro-ts/edge';
import type { FastifyInstance } from 'fastify';

/** A token that nobody guesses. */
export const makeToken = (): string => randomBytes(24).toString('base64url');

/** Refuses requests that do not show the token, as `Authorization: Bearer …` or `X-Micro-Token`. */
export function requireToken(fastify: FastifyInstance, token: string): void {
  const expected = digest(token);
  fastify.addHook('onRequest', ({ headers }, reply, done) => {
    const { authorization, 'x-micro-token': own } = headers;
    const [, bearer] = /^Bearer +(.+)$/i.exec(authorization ?? '') ?? [];
    const shown = typeof own === 'string' ? own : bearer;
    if (shown === undefined || !timingSafeEqual(digest(shown), expected)) {
      reply.header('www-authenticate', 'Bearer');
      return done(refusal('unauthenticated', shown === undefined ? missing : wrong));
    }
    // It was for the sidecar, and is none of the services' business.
    if (own === undefined) delete headers.authorization;
    done();
  });
}

const missing = 'show the token: Authorization: Bearer …';
const wrong = 'the token that was shown is another one';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
