import type { Lifetime, Node } from '@micro-ts/interface';
import { EndpointIndex } from './endpoint-index.ts';
import { filterNodes, filtersKey } from './filters.ts';
import type { Filters } from './filters.ts';
import type { Peer } from './peer.ts';

/** Most different filters whose candidates are remembered for one service. */
const mostViews = 64;

/** Makes and forgets peers; a transport is chosen for each by the node's metadata. */
export type MakePeer = (node: Node, changed: () => void) => Peer;

/**
 * One service as this client sees it: its nodes, which of them can take a call, and its endpoints.
 * The candidates of a filter are one array, worked out again only when the set changes.
 */
export class ServiceView {
  readonly name: string;
  /** How many sweeps of the resolver have passed since it was last asked for. */
  idle = 0;
  /** The registry has answered at least once. */
  known = false;
  #emptySince = performance.now();
  /** It had nodes at some time. */
  seen = false;
  readonly #makePeer: MakePeer;
  readonly #peers = new Map<string, Peer>();
  readonly #views = new Map<string, readonly Peer[]>();
  #byObject = new WeakMap<Filters, readonly Peer[]>();
  #all: readonly Peer[] | undefined = undefined;
  #endpoints: EndpointIndex | undefined = undefined;
  #waiting = new Set<() => void>();

  constructor(name: string, makePeer: MakePeer) {
    this.name = name;
    this.#makePeer = makePeer;
  }

  /** Nodes of the registry's last word. */
  get nodes(): readonly Node[] {
    return [...this.#peers.values()].map(({ node }) => node);
  }

  /** The set of nodes is this. @param keep nodes that are missing stay all the same. */
  update(nodes: readonly Node[], keep = false): void {
    this.known = true;
    const now = new Map(nodes.map((node) => [node.id, node]));
    if (!keep) for (const id of this.#peers.keys()) if (!now.has(id)) this.#remove(id);
    for (const node of now.values()) {
      const peer = this.#peers.get(node.id);
      if (peer?.node.address === node.address) peer.node = node;
      else {
        this.#remove(node.id);
        this.#peers.set(
          node.id,
          this.#makePeer(node, () => this.#changed()),
        );
      }
    }
    if (this.#peers.size > 0) this.seen = true;
    else if (this.seen) this.#emptySince = performance.now();
    this.#endpoints = undefined;
    this.#changed();
  }

  /**
   * Nodes that can take a call, the best there are: ready ones; else suspect ones; else those that
   * could not be reached. Nodes that drain are never among them.
   */
  candidates(filters: Filters | undefined): readonly Peer[] {
    if (filters === undefined) return (this.#all ??= this.#select(undefined));
    let found = this.#byObject.get(filters);
    if (found !== undefined) return found;
    const key = filtersKey(filters);
    found = this.#views.get(key);
    if (found === undefined) {
      found = this.#select(filters);
      if (this.#views.size >= mostViews) this.#views.clear();
      this.#views.set(key, found);
    }
    this.#byObject.set(filters, found);
    return found;
  }

  /** How long there have been no nodes, in ms. */
  emptyFor(): number {
    return this.#peers.size > 0 ? 0 : performance.now() - this.#emptySince;
  }

  /** The endpoints that the nodes say they have. */
  get endpoints(): EndpointIndex {
    this.#endpoints ??= new EndpointIndex(this.nodes.flatMap(({ endpoints }) => endpoints));
    return this.#endpoints;
  }

  /** Resolves when something changed, the lifetime ended, or after `ms`. */
  change(lifetime: Lifetime, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        lifetime.offEnd(done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1));
      this.#waiting.add(done);
      lifetime.onEnd(done);
    });
  }

  async close(): Promise<void> {
    const peers = [...this.#peers.values()];
    this.#peers.clear();
    this.#changed();
    await Promise.all(peers.map((peer) => peer.close()));
  }

  #remove(id: string): void {
    this.#peers.get(id)?.retire();
    this.#peers.delete(id);
  }

  #select(filters: Filters | undefined): readonly Peer[] {
    const alive = [...this.#peers.values()].filter(({ state }) => state !== 'draining');
    const passed = filterNodes(alive, filters);
    for (const state of ['ready', 'suspect']) {
      const those = passed.filter((peer) => peer.state === state);
      if (those.length > 0) return those;
    }
    return passed;
  }

  #changed(): void {
    this.#all = undefined;
    this.#views.clear();
    this.#byObject = new WeakMap();
    for (const wake of [...this.#waiting]) wake();
  }
}
