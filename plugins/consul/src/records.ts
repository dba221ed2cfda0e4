import type { Node } from '@micro-ts/interface';
import { encodeServiceTags, formatAddress, parseAddress } from '@micro-ts/wire';
import { createHash } from 'node:crypto';
import { toConsul } from './names.ts';

/** Consul removes what is critical for a minute at least, and looks for it each half minute. */
const leastRemoval = 60_000;

/** What Consul takes as `Meta`, which is for its own readers: nodes are read from their tags. */
const meta = { pairs: 64, key: /^(?!consul-)[A-Za-z0-9_-]{1,128}$/, value: 512 };

/** Tag with which a record's own mark begins: another record of a service has another mark. */
export const markOf = (tags: readonly string[]): string | undefined =>
  tags.find((tag) => /^r-[0-9a-f]{12}$/.test(tag));

/** Tag of each record that has a mark: those without it are of go-micro. */
export const ours = 'r-';

/**
 * The body with which a node is registered with an agent, as go-micro does. Besides, a tag marks the
 * record, so that the list of services tells whose nodes have changed; go-micro passes over it.
 * @param ttl in ms.
 */
export function registration(node: Node, ttl: number): string {
  const { host, port } = splitAddress(node.address);
  const tags = encodeServiceTags(node);
  const about = JSON.stringify([node.id, host, port, tags]);
  const mark = `r-${createHash('sha256').update(about).digest('hex').slice(0, 12)}`;
  return JSON.stringify({
    ID: toConsul(node.id),
    Name: toConsul(node.service),
    Address: host,
    Port: port,
    Tags: [...tags, ours, mark],
    Meta: metaOf(node),
    Check: {
      TTL: duration(ttl),
      Status: 'passing', // else it were critical until the first heartbeat
      DeregisterCriticalServiceAfter: duration(Math.max(ttl, leastRemoval) + 5_000),
    },
  });
}

const duration = (ms: number): string => `${Math.max(1, Math.ceil(ms))}ms`;

/** Host and port where the address comes back from them as it was; else all of it is the host. */
function splitAddress(address: string): { readonly host: string; readonly port: number } {
  try {
    const { host, port } = parseAddress(address);
    if (port > 0 && host !== '' && formatAddress(host, port) === address) return { host, port };
  } catch {
    // A path, or a text with spaces.
  }
  return { host: address, port: 0 };
}

function metaOf({ metadata }: Node): Readonly<Record<string, string>> {
  const pairs = Object.entries(metadata).filter(
    ([key, value]) => meta.key.test(key) && Buffer.byteLength(value) <= meta.value,
  );
  return Object.fromEntries(pairs.slice(0, meta.pairs));
}
