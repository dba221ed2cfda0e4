import type { Node } from '@micro-ts/interface';
import type { Sighting } from './sighting.ts';

/** What is believed of one node, and until when. */
interface Seen {
  readonly node: Node;
  readonly key: string;
  readonly at: number;
  readonly ttl: number;
  /** When something has to be done about it next: ask for it again, or forget it. */
  due: number;
  /** How often it was asked for since it was seen. */
  asked: number;
}

/** Most nodes that are kept, whatever the network says. */
const most = 10_000;

/** When a record is asked for again, as parts of its ttl, and a spread over which all do it. */
const refreshes = [0.8, 0.9] as const;
const spread = 0.04;

/** The earliest that a record of this ttl is asked for again, in ms after it was seen. */
export function refreshAfter(ttl: number): number {
  return ttl * refreshes[0];
}

/** The nodes that were seen and whose time has not run out. Times are ms of `performance.now()`. */
export class NodesSeen {
  readonly #seen = new Map<string, Seen>();

  /**
   * Takes note of a sighting.
   * @returns the service, if its nodes are others now.
   * @throws Error if it is the first sighting of these records and they cannot be read.
   */
  note(sighting: Sighting, now: number): string | undefined {
    const name = sighting.instance.toLowerCase();
    const before = this.#seen.get(name);
    if (sighting.ttl === 0) {
      this.#seen.delete(name);
      return before?.node.service;
    }
    const known = before?.key === sighting.key;
    if (before === undefined && this.#seen.size >= most) throw new Error(`more than ${most} nodes`);
    const node = known ? before.node : sighting.node();
    const seen = { node, key: sighting.key, at: now, ttl: sighting.ttl, due: 0, asked: 0 };
    seen.due = dueOf(seen);
    this.#seen.set(name, seen);
    return known ? undefined : node.service;
  }

  /** What is to be done by now: services to ask for again, and those that lost nodes. */
  turn(now: number): {
    readonly stale: ReadonlySet<string>;
    readonly changed: ReadonlySet<string>;
  } {
    const stale = new Set<string>();
    const changed = new Set<string>();
    for (const [name, seen] of this.#seen) {
      if (seen.due > now) continue;
      if (seen.asked < refreshes.length) {
        seen.asked += 1;
        seen.due = dueOf(seen);
        stale.add(seen.node.service);
      } else {
        this.#seen.delete(name);
        changed.add(seen.node.service);
      }
    }
    return { stale, changed };
  }

  /** When {@link turn} has something to do; `Infinity` for never. */
  get due(): number {
    let due = Infinity;
    for (const seen of this.#seen.values()) due = Math.min(due, seen.due);
    return due;
  }

  of(service: string): readonly Node[] {
    return [...this.#seen.values()]
      .map(({ node }) => node)
      .filter((node) => node.service === service);
  }

  services(): readonly string[] {
    return [...new Set([...this.#seen.values()].map(({ node }) => node.service))];
  }
}

function dueOf({ at, ttl, asked }: Seen): number {
  const part = refreshes[asked];
  return at + ttl * (part === undefined ? 1 : part + Math.random() * spread);
}
