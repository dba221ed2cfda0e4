import type { Answer } from 'dns-packet';
import { sameName } from './dns-names.ts';
import type { NodeRecords, Place } from './node-records.ts';
import type { Asked, DnsRecord } from './packet.ts';

/**
 * What answers a question: the records of each packet, one for each node, since go-micro reads no more
 * than one from a packet.
 * @param known what the asker knows already, and need not be told again.
 */
export function answersTo(
  { name, type }: Asked,
  known: readonly Answer[],
  owned: ReadonlyMap<NodeRecords, string>,
  place: Place,
): DnsRecord[][] {
  const any = type === 'ANY';
  const pointers = any || type === 'PTR';
  if (sameName(name, place.names.listing))
    return pointers ? listing(new Set(owned.values()), place) : [];
  return [...owned.keys()].flatMap(({ service, instance, ptr, srv, host, txt }) => {
    if (sameName(name, service))
      return pointers && !isKnown(ptr, known) ? [[ptr, srv, host, txt]] : [];
    if (!sameName(name, instance)) return [];
    if (any) return [[srv, host, txt]];
    if (type === 'SRV') return [[srv, host]];
    return type === 'TXT' ? [[txt]] : [];
  });
}

/** One packet for each service. go-micro wants an address and a text in it, and uses neither. */
function listing(services: ReadonlySet<string>, { names, hostname }: Place): DnsRecord[][] {
  const common = { ttl: 120, class: 'IN' } as const;
  return [...services].map((service) => {
    const name = names.listed(service);
    const srv = { priority: 10, weight: 1, port: 9999, target: hostname };
    return [
      { type: 'PTR', name: names.listing, ...common, data: name },
      { type: 'SRV', name, ...common, data: srv },
      { type: 'A', name: hostname, ...common, data: '0.0.0.0' },
      { type: 'TXT', name, ...common, data: [Buffer.alloc(0)] },
    ];
  });
}

/** Askers may say what they know; what has more than half of its time left need not be said again. */
function isKnown(record: DnsRecord, known: readonly Answer[]): boolean {
  if (record.type !== 'PTR') return false;
  return known.some(
    (each) =>
      each.type === 'PTR' &&
      sameName(each.name, record.name) &&
      sameName(each.data, record.data) &&
      (each.ttl ?? 0) * 2 >= (record.ttl ?? 0),
  );
}
