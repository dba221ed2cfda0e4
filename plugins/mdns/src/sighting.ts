import type { Node } from '@micro-ts/interface';
import { formatAddress } from '@micro-ts/wire';
import type { SrvAnswer, TxtAnswer } from 'dns-packet';
import { sameName } from './dns-names.ts';
import type { DnsNames } from './dns-names.ts';
import { answersIn } from './packet.ts';
import type { DnsPacket, DnsRecord } from './packet.ts';
import { decodeTxt } from './txt.ts';

/** What one packet says of one node. */
export interface Sighting {
  /** Its name in DNS. */
  readonly instance: string;
  /** In ms; 0 says that it is gone. */
  readonly ttl: number;
  /** The same for the same records, so that they are read once. */
  readonly key: string;
  /**
   * Reads the records.
   * @throws Error if they are not those of a node.
   */
  node(): Node;
}

/** Tells the records of nodes apart. */
export function keyOf(ip: string, port: number, strings: readonly (Buffer | string)[]): string {
  return `${ip} ${port} ${strings.map(String).join('')}`;
}

/** Longest that a record is believed, in seconds, whatever it says. */
const longestTtl = 3_600;

/** The nodes that a packet tells of, in the domain. Records of others are passed over. */
export function sightingsIn(packet: DnsPacket, names: DnsNames, domain: string): Sighting[] {
  const records = answersIn(packet);
  const inDomain = `.${domain}`.toLowerCase();
  const services = records.filter((record): record is SrvAnswer => {
    const isNode = record.type === 'SRV' && record.name.toLowerCase().endsWith(inDomain);
    return isNode && names.fromListed(record.name) === undefined;
  });
  return services.map((srv) => sighting(srv, records, names));
}

function sighting(srv: SrvAnswer, records: readonly DnsRecord[], names: DnsNames): Sighting {
  const instance = srv.name;
  const txt = records.find(
    (record): record is TxtAnswer => record.type === 'TXT' && sameName(record.name, instance),
  );
  const host = records.find(
    ({ type, name }) => (type === 'A' || type === 'AAAA') && sameName(name, srv.data.target),
  );
  const ip = host !== undefined && 'data' in host ? String(host.data) : '';
  const strings = txt === undefined ? [] : [txt.data].flat();
  const address = formatAddress(ip, srv.data.port);
  return {
    instance,
    ttl: Math.min(longestTtl, srv.ttl ?? 0) * 1_000,
    key: keyOf(ip, srv.data.port, strings),
    node() {
      if (ip === '') throw new Error('no address');
      return decodeTxt(strings, { address, idIn: (service) => names.idOf(instance, service) });
    },
  };
}

/** The services that a packet lists. */
export function servicesIn(packet: DnsPacket, names: DnsNames): string[] {
  return answersIn(packet).flatMap((record) => {
    if (record.type !== 'PTR' || !sameName(record.name, names.listing) || record.ttl === 0)
      return [];
    const service = names.fromListed(String(record.data));
    return service === undefined ? [] : [service];
  });
}
