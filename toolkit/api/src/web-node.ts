import type { Node } from 'micro-ts';
import type { Directory } from '@micro-ts/edge';
import { findService, inNamespace, refusal } from '@micro-ts/edge';

/** What the path of a request to a web service means. */
export interface WebTarget {
  readonly service: string;
  /** The beginning of the path that names the service: `/shop`, `/v1/shop`. */
  readonly prefix: string;
}

const pattern = /^(?:\/(v\d+)(?=\/[a-z\d]))?\/([a-z\d](?:[\w-]{0,98}[a-z\d])?)(?=\/|$)/i;

/** @returns `undefined` if the path names no service. @param path below the mount, without query */
export function webTarget(path: string, namespace: string): WebTarget | undefined {
  const [prefix, version, name] = pattern.exec(path) ?? [];
  if (prefix === undefined || name === undefined) return undefined;
  const words = version === undefined ? [name] : [version, name];
  return { service: inNamespace(namespace, words), prefix };
}

/**
 * The nodes of a service that speak plain HTTP, in random order. Those of Micro are none: their
 * endpoints are called through `rpc`, which knows what is internal.
 * @throws MicroError `not_found` for no such service, `unavailable` if none of its nodes is up
 */
export function webNodes(directory: Directory, service: string): readonly Node[] {
  const nodes = findService(directory, service).nodes.filter(isWeb);
  if (nodes.length === 0)
    throw refusal('not_found', `${service} is no web service: it cannot be proxied`);
  if (nodes.length === 1) return nodes;
  const first = Math.floor(Math.random() * nodes.length);
  return [...nodes.slice(first), ...nodes.slice(0, first)];
}

const isWeb = ({ metadata, address }: Node): boolean => {
  const { server, transport, protocol = 'http' } = metadata;
  const plain = protocol === 'http' || protocol === 'https';
  const isMicro = server !== undefined || transport !== undefined;
  return plain && !isMicro && /:\d+$/.test(address) && URL.canParse(`http://${address}`);
};
