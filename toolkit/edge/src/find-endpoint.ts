import { noMetadata } from 'micro-ts';
import type { Endpoint, Filters, Node } from 'micro-ts';
import type { Directory, DirectoryEntry } from './directory.ts';
import { refusal, shown } from './refusal.ts';

/** What is to be called. */
export interface CallTarget {
  readonly service: string;
  readonly endpoint: Endpoint;
  /** The nodes that are meant, where the path names a version. */
  readonly filters?: Filters | undefined;
  /** Repeating the call does no harm, because the route says `GET`. */
  readonly idempotent?: true | undefined;
}

/**
 * The service, if it can be called.
 * @throws MicroError `not_found` if nobody has heard of it, `unavailable` if none of its nodes is up
 * or the registry has never answered
 */
export function findService(directory: Directory, service: string): DirectoryEntry {
  const entry = directory.service(service);
  if (entry === undefined && !directory.known)
    throw refusal('unavailable', 'the registry does not answer');
  if (entry === undefined) throw refusal('not_found', `no service ${shown(service)} is registered`);
  if (entry.nodes.length === 0) throw refusal('unavailable', `no node of ${service} is up`);
  return entry;
}

/**
 * What is to be called, by its names: exactly as they are listed, else the one endpoint that differs
 * in case only.
 * @param unlisted whether a service that lists no endpoints has it all the same
 * @throws MicroError `not_found` if there is no such service or endpoint, `unavailable` if none of
 * its nodes is up
 */
export function findEndpoint(
  directory: Directory,
  service: string,
  name: string,
  unlisted = false,
): CallTarget {
  const entry = findService(directory, service);
  if (unlisted && entry.endpoints.size === 0) return { service, endpoint: unlistedEndpoint(name) };
  const endpoint = entry.endpoints.get(name) ?? inAnyCase(entry, name);
  if (endpoint !== undefined)
    return { service, endpoint, filters: filtersFor(entry, endpoint.name) };
  const none = entry.endpoints.size === 0 ? ': it is registered without any' : '';
  throw refusal('not_found', `${service} has no endpoint ${shown(name)}${none}`);
}

/** What is known of an endpoint that no record lists. */
export const unlistedEndpoint = (name: string, kind: Endpoint['kind'] = 'unary'): Endpoint => ({
  name,
  kind,
  metadata: noMetadata,
});

function inAnyCase({ endpoints }: DirectoryEntry, name: string): Endpoint | undefined {
  const wanted = name.toLowerCase();
  let found: Endpoint | undefined;
  for (const endpoint of endpoints.values()) {
    if (endpoint.name.toLowerCase() !== wanted) continue;
    if (found !== undefined) return undefined;
    found = endpoint;
  }
  return found;
}

/** While versions differ, the nodes that have an endpoint: of the newest version that has it. */
export function filtersFor({ nodes }: DirectoryEntry, name: string): Filters | undefined {
  if (nodes[0]?.version === nodes.at(-1)?.version) return undefined;
  const has = ({ endpoints }: Node): boolean => endpoints.some((each) => each.name === name);
  const newest = nodes.find(has);
  return newest === undefined || nodes.every(has) ? undefined : { version: newest.version };
}
