import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refusal } from './refusal.ts';

/** Which pages may have a browser ask a server. */
export interface OriginRule {
  /** Origins whose pages may; `*` for all. Those of the server itself always may. */
  readonly origins: readonly string[];
  /** Whether people may follow links of other pages to it, and send forms by GET. Default true. */
  readonly visits?: boolean;
}

/**
 * Refuses what pages of other origins make a browser ask, in a scope of a server. Not reading the
 * answer is not enough where asking does something. Clients that are no browsers say nothing of
 * origins, and are not asked.
 */
export function refuseOrigins(fastify: FastifyInstance, rule: OriginRule): void {
  const { visits = true } = rule;
  const allowed = new Set(rule.origins.map((origin) => origin.toLowerCase()));
  if (allowed.has('*')) return;
  const isWelcome = (origin: string, request: FastifyRequest): boolean =>
    allowed.has(origin) || origin === `${request.protocol}://${request.host}`.toLowerCase();
  fastify.addHook('onRequest', (request, _reply, done) => {
    const origin = request.headers.origin?.toLowerCase();
    if (origin === undefined ? isOwn(request, visits) : isWelcome(origin, request)) return done();
    done(refusal('permission_denied', 'pages of that origin may not call: see the option cors'));
  });
}

/**
 * Whether a page can be an origin as browsers say it: `https://shop.example`, with a port only where
 * it is not the usual one, and nothing after it.
 */
export function isOrigin(text: string): boolean {
  const origin = text.toLowerCase();
  if (!URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  // Not its `origin`: for the schemes that apps on devices have of their own that is `null`.
  return host !== '' && !host.includes('*') && `${protocol}//${host}` === origin;
}

/**
 * A link that somebody followed, or a form that they sent by GET, is a visit. Frames, forms that post
 * (which say an origin) and all else are a page that calls.
 */
function isOwn({ headers }: FastifyRequest, visits: boolean): boolean {
  const {
    'sec-fetch-site': site = 'none',
    'sec-fetch-dest': dest,
    'sec-fetch-user': user,
  } = headers;
  if (site === 'none' || site === 'same-origin') return true;
  return visits && dest === 'document' && user === '?1';
}
