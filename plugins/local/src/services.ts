import type { Node, Services } from '@micro-ts/interface';
import { isDeepStrictEqual } from 'node:util';

/** Nodes by service, each id once: of two records the one that was read later counts. */
export function byService(nodes: Iterable<Node>): Services {
  const services = new Map<string, Map<string, Node>>();
  for (const node of nodes) {
    const ids = services.get(node.service) ?? new Map<string, Node>();
    services.set(node.service, ids.set(node.id, node));
  }
  return new Map(
    [...services].map(([service, ids]) => [service, Object.freeze([...ids.values()])]),
  );
}

/** One service alone, with an empty list if it has no nodes. */
export function only(service: string, services: Services): Services {
  return new Map([[service, services.get(service) ?? []]]);
}

/** The services that are not the same before and after, as they are after. */
export function changes(before: Services, after: Services): Services {
  const names = new Set([...before.keys(), ...after.keys()]);
  const changed = [...names].filter((name) => !same(before.get(name), after.get(name)));
  return new Map(changed.map((name) => [name, after.get(name) ?? []]));
}

/** A record that was written again as it was is no change, though it was read again. */
function same(before: readonly Node[] = [], after: readonly Node[] = []): boolean {
  if (before.length !== after.length) return false;
  return before.every((node, i) => node === after[i] || isDeepStrictEqual(node, after[i]));
}
