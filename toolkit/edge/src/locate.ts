import type { FastifyRequest } from 'fastify';
import { MicroError } from 'micro-ts';
import type { Edge } from './edge.ts';
import { createPathFinder } from './find-by-path.ts';
import type { FindOptions } from './find-by-path.ts';
import type { CallTarget } from './find-endpoint.ts';
import { methodRefusal } from './refusal.ts';
import { liveRoutes } from './route-table.ts';
import type { RouteMatch } from './route-table.ts';
import { pathOf } from './split-path.ts';
import type { IsTaken } from './taken-route.ts';

/** Works out what a request is for: a route that a service asked for, else what its path means. */
export type Locate = (request: FastifyRequest) => RouteMatch;

const none: RouteMatch['variables'] = [];

/** What {@link createLocate} can be told. */
export interface LocateOptions extends FindOptions {
  /** Paths answer to every method: whoever is called sees which it is. Default false. */
  readonly anyMethod?: boolean;
  /** Whether the server answers to a route before it is looked for here: that is told once. */
  readonly isTaken?: IsTaken;
}

/**
 * @param prefix what stands before the paths that services know of
 * @throws MicroError if nothing in the namespace answers to the request; see `resolvePath` and
 * `findEndpoint`
 */
export function createLocate(
  { directory, warn }: Pick<Edge, 'directory' | 'warn'>,
  { namespace = '', unlisted = false, anyMethod = false, isTaken }: LocateOptions = {},
  prefix = '',
): Locate {
  const routes = liveRoutes(directory, namespace, warn, isTaken);
  const find = createPathFinder(directory, { namespace, unlisted });
  const findByPath = (path: string): CallTarget => {
    try {
      return find(path);
    } catch (error) {
      const methods = isNotFound(error) ? routes().methods(path) : [];
      throw methods.length > 0 ? methodRefusal(methods) : error;
    }
  };
  return ({ method, url }) => {
    const path = pathOf(url).slice(prefix.length);
    const route = routes().match(method, path);
    if (route !== undefined) return route;
    const target = findByPath(path);
    if (anyMethod || methodsOfPaths.includes(method)) return { target, variables: none };
    throw methodRefusal([...methodsOfPaths, ...routes().methods(path)]);
  };
}

/** What calls by a path that no route has. */
const methodsOfPaths = ['GET', 'HEAD', 'POST'];

const isNotFound = (error: unknown): boolean =>
  error instanceof MicroError && error.code === 'not_found';
