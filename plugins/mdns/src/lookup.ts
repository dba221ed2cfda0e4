import type { Node } from '@micro-ts/interface';
import type { Heard, MdnsLink } from './link.ts';
import { NodesSeen } from './nodes-seen.ts';

/** Most services that are kept, whatever the network says. */
const most = 10_000;

/** The nodes of a service that answer in time. */
export async function lookup(link: MdnsLink, service: string): Promise<readonly Node[]> {
  const seen = new NodesSeen();
  const hear = (heard: Heard): void => void note(link, seen, heard, service);
  await collect(link, link.names.service(service), hear);
  return seen.of(service);
}

/** The services that answer in time, sorted. */
export async function list(link: MdnsLink): Promise<readonly string[]> {
  const found = new Set<string>();
  await collect(link, link.names.listing, ({ services }) => {
    for (const service of services) if (found.size < most) found.add(service);
  });
  return [...found].sort();
}

async function collect(
  link: MdnsLink,
  name: string,
  listener: (heard: Heard) => void,
): Promise<void> {
  const stop = link.hear(listener);
  try {
    await link.ask(name);
    await link.pause();
  } finally {
    stop();
  }
}

/**
 * Takes note of what was heard of one service, or of all.
 * @returns the services whose nodes are others now.
 */
export function note(
  { names, report }: MdnsLink,
  seen: NodesSeen,
  { sightings }: Heard,
  only?: string,
): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const sighting of sightings) {
    const { instance } = sighting;
    if (only !== undefined && names.idOf(instance, only) === undefined) continue;
    try {
      const service = seen.note(sighting, performance.now());
      if (service !== undefined) changed.add(service);
    } catch (error) {
      const message = 'a record in the network cannot be read and is ignored';
      report.warn(`record ${instance}`, message, { instance, error });
    }
  }
  return changed;
}
