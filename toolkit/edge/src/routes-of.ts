import type { Endpoint, Filters, Metadata } from 'micro-ts';
import type { DirectoryEntry } from './directory.ts';
import { filtersFor } from './find-endpoint.ts';
import type { CallTarget } from './find-endpoint.ts';

/** A route that a service has asked for. */
export interface Route {
  /** `GET`; empty for all of them. */
  readonly method: string;
  /** `/greet/:name` */
  readonly path: string;
  readonly target: CallTarget;
}

/**
 * The routes of a service, from the metadata of its endpoints: ours (`http: 'GET /greet/:name'`) and
 * go-micro's (`path: '/greet', method: 'GET,POST'`). Where versions differ, a route that only an older
 * one has is answered by nodes of that version.
 */
export function routesOf(entry: DirectoryEntry): readonly Route[] {
  const { service, nodes, endpoints } = entry;
  const routes = new Map<string, Route>();
  const add = (endpoint: Endpoint, filters: Filters | undefined): void => {
    for (const [method, path] of placesOf(endpoint.metadata)) {
      const idempotent = method === 'GET' ? true : undefined;
      const target: CallTarget = { service, endpoint, filters, idempotent };
      if (!routes.has(`${method} ${path}`))
        routes.set(`${method} ${path}`, { method, path, target });
    }
  };
  for (const endpoint of endpoints.values()) add(endpoint, filtersFor(entry, endpoint.name));
  for (const { version, endpoints: own } of newestOfEach(nodes))
    for (const endpoint of own) if (endpoints.has(endpoint.name)) add(endpoint, { version });
  return [...routes.values()];
}

/** One node of each version; the nodes are in order already. */
const newestOfEach = (nodes: DirectoryEntry['nodes']): DirectoryEntry['nodes'] =>
  nodes.filter(({ version }, at) => nodes.findIndex((node) => node.version === version) === at);

function placesOf({ http, path, method }: Metadata): readonly (readonly [string, string])[] {
  const own = /^([A-Z]+) (\/.*)$/.exec(http ?? '');
  if (own !== null) return [[own[1] as string, own[2] as string]];
  if (path?.startsWith('/') !== true) return [];
  const methods = (method ?? '').split(',').map((each) => each.trim().toUpperCase());
  const paths = path.split(',').map((each) => each.trim());
  return methods.flatMap((each) => paths.map((one) => [each, one] as const));
}
