import type { FastifyInstance } from 'fastify';
import type { Route } from './routes-of.ts';

/** Whether a server answers itself where a service asks for a route. */
export type IsTaken = (route: Pick<Route, 'method' | 'path'>) => boolean;

/**
 * Tells whether a server has a route of its own, besides the one for all paths below a prefix, where
 * a service asks for one.
 */
export function takenRoute(fastify: FastifyInstance, prefix: string): IsTaken {
  const has = (method: string, url: string): boolean => fastify.hasRoute({ method, url } as never);
  return ({ method, path }) => {
    const own = prefix + path.replace(/\/$/, '');
    const asked = method === '' ? 'GET' : method;
    if (has(asked, own)) return true;
    const ends = [...own.matchAll(/\//g)].map(({ index }) => index);
    return ends.some((end) => end > prefix.length && has(asked, `${own.slice(0, end)}/*`));
  };
}
