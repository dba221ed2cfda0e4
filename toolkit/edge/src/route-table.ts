import type { Directory, DirectoryEntry } from './directory.ts';
import type { CallTarget } from './find-endpoint.ts';
import { nameWithin } from './namespace.ts';
import type { PathVariables } from './request-body.ts';
import { shown } from './refusal.ts';
import { readRoutePattern } from './route-pattern.ts';
import { RouteTree } from './route-tree.ts';
import { routesOf } from './routes-of.ts';
import type { Route } from './routes-of.ts';
import { splitPath } from './split-path.ts';
import type { IsTaken } from './taken-route.ts';

/** A route that is not served, and why. */
export interface RouteConflict {
  readonly lost: Route;
  /** Who has the path; `undefined` if the path itself makes no sense. */
  readonly won: Route | undefined;
  readonly reason: string;
}

/** Where a request goes. */
export interface RouteMatch {
  readonly target: CallTarget;
  readonly variables: PathVariables;
}

/**
 * The routes that services have asked for. Text wins over a variable, a variable over `*`, segment by
 * segment; of two for the same paths the first one wins, by name of its service and its endpoint.
 */
export interface RouteTable {
  /** Those that are served, sorted by path. */
  readonly routes: readonly Route[];
  readonly conflicts: readonly RouteConflict[];
  /**
   * @param path as it was sent, without the query
   * @throws MicroError `invalid_argument` for a path that nobody should send, see `splitPath`
   */
  match(method: string, path: string): RouteMatch | undefined;
  /** Methods of the routes that a path has; none for a path that nobody should send. */
  methods(path: string): readonly string[];
}

/** Most routes of all services. */
const most = 20_000;

/** Builds the table of what is registered now, in a namespace: services outside of it take no paths. */
export function buildRouteTable(entries: readonly DirectoryEntry[], namespace = ''): RouteTable {
  const trees = new Map<string, RouteTree<Route>>();
  const served: Route[] = [];
  const conflicts: RouteConflict[] = [];
  const own = entries.filter(({ service }) => nameWithin(namespace, service) !== undefined);
  for (const route of own.flatMap(routesOf).sort(byName)) {
    const segments = readRoutePattern(route.path);
    const problem = served.length >= most ? `there are ${most} routes` : segments;
    if (typeof problem === 'string' || typeof segments === 'string') {
      conflicts.push({ lost: route, won: undefined, reason: String(problem) });
      continue;
    }
    const tree = trees.get(route.method) ?? new RouteTree();
    trees.set(route.method, tree);
    const won = tree.add(segments, route);
    if (won === undefined) served.push(route);
    else if (isOther(won, route))
      conflicts.push({ lost: route, won, reason: `${nameOf(won)} has the same paths` });
  }
  const find = (method: string, segments: readonly string[]): RouteMatch | undefined => {
    const found = trees.get(method)?.find(segments) ?? trees.get('')?.find(segments);
    return found && { target: found.value.target, variables: found.variables };
  };
  return {
    routes: served.sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path))),
    conflicts,
    match: (method, path) => {
      if (served.length === 0) return undefined;
      const segments = splitPath(path);
      return segments && find(method === 'HEAD' ? 'GET' : method, segments);
    },
    methods: (path) => {
      const segments = splitPath(path) ?? [];
      const found = [...trees].filter(([, tree]) => tree.find(segments) !== undefined);
      return found.flatMap(([method]) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).sort();
    },
  };
}

const nameOf = ({ target }: Route): string => `${target.service} ${target.endpoint.name}`;

const byName = (a: Route, b: Route): number =>
  nameOf(a) < nameOf(b) ? -1 : Number(nameOf(a) > nameOf(b));

const isOther = (a: Route, b: Route): boolean => nameOf(a) !== nameOf(b);

/** Most conflicts that are told of one change. */
const mostTold = 20;

/**
 * The table of a directory, built again when it is read after a change.
 * @param warn is told of each route that is not served, once while it stays so
 * @param isTaken whether the server itself answers to a route, before this table is asked
 */
export function liveRoutes(
  directory: Directory,
  namespace: string,
  warn: (text: string) => void = () => undefined,
  isTaken: IsTaken = () => false,
): () => RouteTable {
  let version = -1;
  let table = buildRouteTable([]);
  let known: ReadonlySet<string> = new Set();
  return () => {
    if (version === directory.version) return table;
    version = directory.version;
    table = buildRouteTable(directory.services(), namespace);
    const taken = table.routes.filter(isTaken).map((lost) => ({ lost, won: undefined, reason }));
    const texts = new Set([...table.conflicts, ...taken].map(textOf));
    const told = [...texts].filter((text) => !known.has(text));
    known = texts;
    for (const text of told.slice(0, mostTold)) warn(text);
    return table;
  };
}

const reason = 'the server itself answers there';

const textOf = ({ lost, reason }: RouteConflict): string =>
  `The route ${shown(`${lost.method} ${lost.path}`.trim())} of ${nameOf(lost)} is not served: ${reason}`;
