import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { MicroError } from 'micro-ts';
import type { OnRefused } from './access/index.ts';
import type { ApiSettings } from './options.ts';

/** Clients whose requests are counted at a time; beyond, those that came least are forgotten. */
const counted = 20_000;

/** What counts the requests of a scope. */
export interface RateLimit {
  /**
   * Counts those who are refused, by their address. One that was refused too often is turned away
   * before anybody looks at its credentials, good ones too: who guesses is not to learn which they are.
   * @returns to be told of each that is refused
   */
  countRefusals(): OnRefused;
}

/**
 * Turns away who asks more of a scope than `rateLimit` in `rateWindow`. Whoever is known is counted by
 * name, wherever the requests come from; others by their address, of IPv6 by the network.
 */
export async function limitRate(
  fastify: FastifyInstance,
  { rateLimit: max, rateWindow: timeWindow }: ApiSettings,
): Promise<RateLimit> {
  const tooMany = (what: string, ttl: number): MicroError =>
    new MicroError('resource_exhausted', `more than ${max} ${what} in ${timeWindow} ms`, {
      origin: 'micro.edge',
      details: { retryAfter: ttl / 1_000 },
    });
  await fastify.register(rateLimit, {
    ...{ max, timeWindow, cache: counted, keyGenerator: clientOf },
    errorResponseBuilder: (_request, { ttl }) => tooMany('requests', ttl),
  });
  return {
    countRefusals() {
      const count = fastify.createRateLimit({ max, timeWindow, keyGenerator: addressOf });
      fastify.addHook('onRequest', async (request) => {
        const known = await count(request, { increment: false });
        if (!known.isAllowed && known.remaining === 0) throw tooMany('refused requests', known.ttl);
      });
      return async (request) => {
        const known = await count(request);
        // Many may have been let in to be looked at while the first of them were.
        if (!known.isAllowed && known.isExceeded) throw tooMany('refused requests', known.ttl);
      };
    },
  };
}

/** The address that a request comes from; of IPv6 the network. */
export const addressOf = ({ ip }: FastifyRequest): string => normalizeIP(ip);

const clientOf = (request: FastifyRequest): string => {
  const { identity } = request;
  return identity ? `${identity.kind} ${identity.name}` : addressOf(request);
};
