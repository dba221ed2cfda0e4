import type { FastifyRequest } from 'fastify';
import type { Edge } from './edge.ts';
import { createPathFinder } from './find-by-path.ts';
import type { FindOptions } from './find-by-path.ts';
import { methodRefusal } from './refusal.ts';
import { liveRoutes } from './route-table.ts';
import type { RouteMatch } from './route-table.ts';
import { pathOf } from './split-path.ts';

/** Works out what a request is for: a route that a service asked for, else what its path means. */
export type Locate = (request: FastifyRequest) => RouteMatch;

const none: RouteMatch['variables'] = [];

/** What {@link createLocate} can be told. */
export interface LocateOptions extends FindOptions {
  /** Paths answer to every method: whoever is called sees which it is. Default false. */
  readonly anyMethod?: boolean;
}

/**
 * @param prefix what stands before the paths that services know of
 * @throws MicroError if nothing in the namespace answers to the request; see `resolvePath` and
 * `findEndpoint`
 */
export function createLocate(
  { directory, warn }: Pick<Edge, 'directory' | 'warn'>,
  { namespace = '', unlisted = false, anyMethod = false }: LocateOptions = {},
  prefix = '',
): Locate {
  const routes = liveRoutes(directory, namespace, warn);
  const find = createPathFinder(directory, { namespace });
  const findPosted = unlisted ? createPathFinder(directory, { namespace, unlisted }) : find;
  return ({ method, url }) => {
    const path = pathOf(url).slice(prefix.length);
    const route = routes().match(method, path);
    if (route !== undefined) return route;
    if (method === 'POST') return { target: findPosted(path), variables: none };
    const target = find(path);
    if (anyMethod || method === 'GET' || method === 'HEAD') return { target, variables: none };
    throw methodRefusal('GET, HEAD, POST');
  };
}
