import { buildRouteTable, nameWithin, resolvePath } from '@micro-ts/edge';
import type { DirectoryEntry, IsTaken, Route } from '@micro-ts/edge';
import type { Endpoint } from 'micro-ts';
import { prefixOf } from '../prefix-of.ts';

/** A path below which the gateway calls endpoints. */
export interface OpenApiMount {
  /** `/` or `/api` */
  readonly path: string;
  /** What stands before the names of its services. */
  readonly namespace: string;
  /** Where the gateway answers itself, and no endpoint is called. Default nowhere. */
  readonly isTaken?: IsTaken;
}

/** How an endpoint is called over HTTP. */
export interface HttpRoute {
  readonly service: string;
  readonly endpoint: Endpoint;
  readonly method: 'get' | 'put' | 'post' | 'delete' | 'patch';
  /** As OpenAPI writes it: `/greet/{name}`. */
  readonly path: string;
  /** The names in the path. */
  readonly names: readonly string[];
  /** The members of the request that they stand for. */
  readonly members: readonly string[];
}

const methods = new Set(['get', 'put', 'post', 'delete', 'patch']);

/**
 * Each endpoint with its routes, or with the path by which the gateway finds it if it has none. Each
 * method and path is there once; of two, the one that the gateway takes; none that it answers itself.
 */
export function routesOf(
  entries: readonly DirectoryEntry[],
  mounts: readonly OpenApiMount[],
): readonly HttpRoute[] {
  const found = new RouteList();
  for (const mount of mounts) {
    const base = prefixOf(mount);
    const declared = new Set<Endpoint>();
    for (const route of buildRouteTable(entries, mount.namespace).routes)
      if (found.add(templateOf(route, base), mount)) declared.add(route.target.endpoint);
    for (const { service, endpoints } of entries)
      for (const endpoint of sorted(endpoints)) {
        const path = declared.has(endpoint) ? undefined : usualPath(service, endpoint, mount);
        if (path === undefined) continue;
        const method = 'post';
        found.add({ service, endpoint, method, path: base + path, names: [], members: [] }, mount);
      }
  }
  return found.all;
}

/** Routes, of which no two are for one method and path. */
class RouteList {
  readonly all: HttpRoute[] = [];
  readonly #taken = new Set<string>();
  /** Names in paths that differ in nothing else: there is one path for all of them. */
  readonly #names = new Map<string, HttpRoute>();

  add(route: HttpRoute | undefined, mount: OpenApiMount): boolean {
    if (route === undefined) return false;
    const { kind } = route.endpoint;
    // A web socket begins with a GET.
    const method = kind === 'client' || kind === 'bidi' ? 'get' : route.method;
    const asked = { method: method.toUpperCase(), path: route.path.slice(prefixOf(mount).length) };
    if (mount.isTaken?.(asked) === true) return false;
    const shape = route.path.replace(/\{[^}]*\}/g, '{}');
    const { path, names } = this.#names.get(shape) ?? route;
    if (this.#taken.has(`${method} ${shape}`)) return false;
    this.#taken.add(`${method} ${shape}`);
    this.#names.set(shape, route);
    this.all.push({ ...route, method, path, names });
    return true;
  }
}

/** `undefined` for what OpenAPI has no words for. */
function templateOf({ method, path, target }: Route, base: string): HttpRoute | undefined {
  const known = method === '' ? 'post' : method.toLowerCase();
  if (!methods.has(known)) return undefined;
  const names: string[] = [];
  const parts = path.split('/').map((part) => {
    const name = /^(?::([\w.]+)|\{([\w.]+)\}|\*([\w.]*))$/.exec(part)?.slice(1).find(isGiven);
    if (name === undefined) return part;
    names.push(name === '' ? 'rest' : name);
    return `{${names.at(-1)}}`;
  });
  if (new Set(names).size < names.length) return undefined;
  const { service, endpoint } = target;
  const template = base + parts.join('/');
  return { service, endpoint, method: known as 'get', path: template, names, members: names };
}

const isGiven = (text: string | undefined): boolean => text !== undefined;

/**
 * `/greeter/hello` for `Greeter.Hello` of `greeter`, `/greeter/Other.Hello` for the others; `undefined`
 * if no path leads there.
 */
function usualPath(
  service: string,
  { name }: Endpoint,
  { namespace }: OpenApiMount,
): string | undefined {
  const own = nameWithin(namespace, service);
  if (own === undefined) return undefined;
  const method = name.slice(name.indexOf('.') + 1);
  const short = `/${own}/${method.charAt(0).toLowerCase()}${method.slice(1)}`;
  const leadsThere = (path: string): boolean => {
    try {
      const found = resolvePath(path, { namespace });
      return found.service === service && found.endpoint === name;
    } catch {
      return false;
    }
  };
  return [short, `/${own}/${name}`].find(leadsThere);
}

const sorted = (endpoints: DirectoryEntry['endpoints']): readonly Endpoint[] =>
  [...endpoints.values()]
    .filter(({ kind, name }) => kind !== 'event' && !name.startsWith('Debug.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
