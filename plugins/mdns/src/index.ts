import { definePlugin } from '@micro-ts/interface';
import * as v from 'valibot';
import { openLink } from './link.ts';
import { MdnsRegistry } from './mdns-registry.ts';

const options = v.strictObject({
  /** Domain of the names, without dots at its ends. Default `micro`, as in go-micro. */
  domain: v.optional(
    v.pipe(v.string(), v.regex(/^[^.]+(\.[^.]+)*$/, 'has dots at its ends')),
    'micro',
  ),
  /**
   * Name or IPv4 address of the network interface: `eth0`, `127.0.0.1`. Default: the one over which
   * the system sends to the group, hearing on all of them.
   */
  interface: v.optional(v.string()),
  /** UDP port of the group. Default 5353. */
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)), 5353),
  /** How long answers are waited for, in ms. Default 100, as in go-micro. */
  timeout: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(2_000)), 100),
});

/**
 * Registry of one network without a server, over multicast DNS, in go-micro's format. Multicast stops
 * at routers, and most containers have none.
 */
export const mdns = definePlugin({
  name: 'mdns',
  options,
  connect: openLink,
  roles: {
    registry: {
      supports: { ttl: true, watch: true, scope: 'network' },
      create: (_options, { connection }) => new MdnsRegistry(connection),
    },
  },
});

export default mdns;

declare module '@micro-ts/interface' {
  interface Plugins {
    mdns: typeof mdns;
  }
}
