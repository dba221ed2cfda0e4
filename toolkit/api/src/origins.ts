import { refusal } from '@micro-ts/edge';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * Refuses what pages of other origins make a browser ask. Not reading the answer is not enough where
 * asking does something. Clients that are no browsers say nothing of origins, and are not asked.
 * @param origins those that may; `*` for all
 */
export function refuseOrigins(fastify: FastifyInstance, origins: readonly string[]): void {
  const allowed = new Set(origins);
  if (allowed.has('*')) return;
  const isWelcome = (origin: string, request: FastifyRequest): boolean =>
    allowed.has(origin) || origin === `${request.protocol}://${request.host}`;
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { origin } = request.headers;
    if (origin === undefined ? !isOtherSite(request) : isWelcome(origin, request)) return done();
    done(refusal('permission_denied', 'pages of that origin may not call: see the option cors'));
  });
}

/** A link that somebody followed is a visit; frames, forms and all else are a page that calls. */
function isOtherSite({ headers }: FastifyRequest): boolean {
  const {
    'sec-fetch-site': site = 'none',
    'sec-fetch-dest': dest,
    'sec-fetch-user': user,
  } = headers;
  if (site === 'none' || site === 'same-origin') return false;
  return dest !== 'document' || user !== '?1';
}
