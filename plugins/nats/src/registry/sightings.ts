import type { Node, Services } from '@micro-ts/interface';
import { encodeRecord } from '@micro-ts/wire';
import type { Heartbeat, Mark } from './heartbeat.ts';

/** A node whose heart does not beat has gone when it did not answer so many questions. */
const mostMissed = 2;
/** Most nodes that one watch follows. */
const mostNodes = 100_000;

interface Sighting {
  readonly node: Node;
  readonly revision: string | undefined;
  /** By `performance.now()`; `Infinity` for nodes of go-micro, which are asked for. */
  expires: number;
  missed: number;
}

/** The nodes that one watch knows, and which of their services have changed since it told. */
export class Sightings {
  readonly #only: string | undefined;
  readonly #services = new Map<string, Map<string, Sighting>>();
  readonly #changed = new Set<string>();
  #size = 0;

  /** @param only the one service that is watched */
  constructor(only: string | undefined) {
    this.#only = only;
    if (only !== undefined) this.#changed.add(only);
  }

  see(node: Node, mark: Mark | undefined): void {
    if (this.#only !== undefined && node.service !== this.#only) return;
    const nodes = this.#services.get(node.service) ?? new Map<string, Sighting>();
    const before = nodes.get(node.id);
    if (before === undefined && this.#size >= mostNodes) return;
    const expires = mark === undefined ? Infinity : performance.now() + mark.ttl;
    const same = before !== undefined && isSame(before, node, mark);
    const kept = same ? before.node : node;
    nodes.set(node.id, { node: kept, revision: mark?.revision, expires, missed: 0 });
    this.#services.set(node.service, nodes);
    if (before === undefined) this.#size += 1;
    if (!same) this.#changed.add(node.service);
  }

  forget(service: string, id: string): void {
    const nodes = this.#services.get(service);
    if (nodes?.delete(id) !== true) return;
    this.#size -= 1;
    if (nodes.size === 0) this.#services.delete(service);
    this.#changed.add(service);
  }

  /** False if the node is not known as it is: somebody has to be asked. */
  beat({ service, id, revision, ttl }: Heartbeat): boolean {
    if (this.#only !== undefined && service !== this.#only) return true;
    const known = this.#services.get(service)?.get(id);
    if (known === undefined || known.revision !== revision) return false;
    known.expires = performance.now() + ttl;
    return true;
  }

  /** Nodes of go-micro that did not answer: once may be chance. */
  missed(answered: ReadonlySet<string>): void {
    for (const [service, nodes] of this.#services) {
      for (const [id, sighting] of nodes) {
        if (sighting.expires !== Infinity || answered.has(id)) continue;
        sighting.missed += 1;
        if (sighting.missed >= mostMissed) this.forget(service, id);
      }
    }
  }

  /**
   * Forgets what has expired.
   * @returns when the next one may, in ms from now, and whether there are nodes of go-micro
   */
  expire(): { readonly next: number; readonly foreign: boolean } {
    const now = performance.now();
    let next = Infinity;
    let foreign = false;
    for (const [service, nodes] of this.#services) {
      for (const [id, { expires }] of nodes) {
        if (expires <= now) this.forget(service, id);
        else if (expires === Infinity) foreign = true;
        else next = Math.min(next, expires - now);
      }
    }
    return { next, foreign };
  }

  /** The services that changed since it was called last; `undefined` if there are none. */
  news(): Services | undefined {
    if (this.#changed.size === 0) return undefined;
    const news = new Map<string, readonly Node[]>();
    for (const service of this.#changed) {
      const nodes = this.#services.get(service)?.values() ?? [];
      news.set(
        service,
        Array.from(nodes, ({ node }) => node),
      );
    }
    this.#changed.clear();
    return news;
  }
}

function isSame(before: Sighting, node: Node, mark: Mark | undefined): boolean {
  if (before.revision !== undefined && mark !== undefined) return before.revision === mark.revision;
  return encodeRecord(before.node) === encodeRecord(node);
}
