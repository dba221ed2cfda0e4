import { MicroError } from '@micro-ts/interface';
import type { Endpoint, Node } from '@micro-ts/interface';
import { formatAddress, parseAddress } from '@micro-ts/wire';
import { isIP } from 'node:net';
import type { DnsNames } from './dns-names.ts';
import { keyOf } from './sighting.ts';
import { responseBytes } from './packet.ts';
import type { DnsRecord } from './packet.ts';
import { encodeTxt } from './txt.ts';

/** The records of one node. Their order is fixed: go-micro's reader stumbles over others. */
export interface NodeRecords {
  /** Name of its service, and of itself. */
  readonly service: string;
  readonly instance: string;
  readonly ptr: DnsRecord;
  readonly srv: DnsRecord;
  /** An A or AAAA record. */
  readonly host: DnsRecord;
  readonly txt: DnsRecord;
  /** The same for the same address and text, as `key` of a sighting is. */
  readonly key: string;
  /** What had to be left out, so that the answer fits into a packet. */
  readonly without: 'nothing' | 'schemas' | 'endpoints';
}

/** Where the records of a node are put together. */
export interface Place {
  readonly names: DnsNames;
  /** Bare name of this machine. */
  readonly hostname: string;
}

/** Longest answer, in bytes. Longer ones come in pieces, and get lost when one piece is. */
const answerBytes = 8 * 1024;

/** Longest that UDP can carry at all, with some air. */
const mostBytes = 60_000;

/** Time to live of go-micro's records, in seconds. Ours live no longer, and no longer than asked. */
const longestTtl = 120;

/** Where what is no IP address points to: nowhere, at the port that discards. */
const nowhere = { host: '0.0.0.0', port: 9 };

/**
 * Writes the records of a node, as go-micro does.
 * @param ttl in ms.
 * @throws MicroError `invalid_argument` if its service has no name in DNS, `resource_exhausted` if its
 * metadata does not fit into a packet.
 */
export function nodeRecords(node: Node, ttl: number, place: Place): NodeRecords {
  const schemaless = { ...node, endpoints: node.endpoints.map(withoutSchemas) };
  const whole = build(node, ttl, place, 'nothing');
  if (size(whole) <= answerBytes) return whole;
  const small = build(schemaless, ttl, place, 'schemas');
  if (size(small) <= answerBytes) return small;
  const least = build({ ...node, endpoints: [] }, ttl, place, 'endpoints');
  if (size(least) <= mostBytes) return least;
  throw new MicroError('resource_exhausted', `the metadata of ${node.id} is too large for mdns`);
}

const withoutSchemas = ({ name, kind, metadata }: Endpoint): Endpoint => ({ name, kind, metadata });

const size = ({ service, ptr, srv, host, txt }: NodeRecords): number =>
  responseBytes([ptr, srv, host, txt], { name: service, type: 'PTR', unicast: false });

function build(
  node: Node,
  ttl: number,
  { names, hostname }: Place,
  without: NodeRecords['without'],
): NodeRecords {
  const service = names.service(node.service);
  const { name: instance, derived } = names.instance(node.id, node.service);
  const ip = ipOf(node.address);
  const { host, port } = ip ?? nowhere;
  const besides = {
    ...(derived && { id: node.id }),
    // IPv6 has many spellings, and a record is to come back as it was given.
    ...((ip === undefined || isIP(host) === 6) && { address: node.address }),
  };
  const common = {
    ttl: Math.min(longestTtl, Math.max(1, Math.ceil(ttl / 1000))),
    class: 'IN',
  } as const;
  const strings = encodeTxt(node, besides);
  const srv = { priority: 10, weight: 1, port, target: hostname };
  return {
    service,
    instance,
    ptr: { type: 'PTR', name: service, ...common, data: instance },
    srv: { type: 'SRV', name: instance, ...common, data: srv },
    host: { type: isIP(host) === 6 ? 'AAAA' : 'A', name: hostname, ...common, data: host },
    txt: { type: 'TXT', name: instance, ...common, data: strings },
    key: keyOf(host, port, strings),
    without,
  };
}

/** Address and port, if it is an IP address with a port. */
function ipOf(address: string): { host: string; port: number } | undefined {
  try {
    const { host, port } = parseAddress(address);
    const plain = isIP(host) !== 0 && !host.includes('%') && port > 0;
    return plain && formatAddress(host, port) === address ? { host, port } : undefined;
  } catch {
    return undefined;
  }
}
