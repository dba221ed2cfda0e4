import { MicroError } from '@micro-ts/interface';
import type { Lifetime, Node } from '@micro-ts/interface';
import { EndpointIndex } from './endpoint-index.ts';
import { filterNodes, filtersKey } from './filters.ts';
import type { Filters } from './filters.ts';
import type { Peer } from './peer.ts';

/** Most different filters whose candidates are remembered for one service. */
const mostViews = 64;
/** How long a call waits for the first node of a service, in ms. */
const waitForNodes = 2_000;

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
  /** It had nodes at some time. */
  seen = false;
  #closed = false;
  #emptySince = performance.now();
  readonly #makePeer: MakePeer;
  readonly #peers = new Map<string, Peer>();
  readonly #views = new Map<string, readonly Peer[]>();
  #byObject = new WeakMap<Filters, readonly Peer[]>();
  #all: readonly Peer[] | undefined = undefined;
  #endpoints: EndpointIndex | undefined = undefined;
  readonly #waiting = new Set<() => void>();

  constructor(name: string, makePeer: MakePeer) {
    this.name = name;
    this.#makePeer = makePeer;
  }

  /** The set of nodes is this. @param keep nodes that are missing stay all the same. */
  update(nodes: readonly Node[], keep = false): void {
    if (this.#closed) return;
    this.known = true;
    const now = new Map(nodes.map((node) => [node.id, node]));
    const before = this.#peers.size;
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
    else if (before > 0) this.#emptySince = performance.now();
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

  /**
   * How long, in ms, it makes sense to wait where there are no candidates: two seconds for the first
   * node of a service, as long as it takes while the nodes that would do drain, and not at all for
   * filters that none of the nodes passes.
   */
  patience(filters?: Filters): number {
    if (this.#closed) return 0;
    if (this.#peers.size === 0) return waitForNodes - (performance.now() - this.#emptySince);
    return filterNodes([...this.#peers.values()], filters).length > 0 ? Infinity : 0;
  }

  /** Why there are no candidates, and no use in waiting. */
  nobody(): MicroError {
    const { name } = this;
    const gone = (text: string): MicroError =>
      new MicroError('unavailable', text, { refused: true });
    if (this.#closed) return gone('the app is closed');
    if (!this.known) return gone(`the registry does not answer, so no node of ${name} is known`);
    if (this.#peers.size > 0) return gone(`no node of ${name} passes the filters`);
    if (this.seen) return gone(`no node of ${name} is up`);
    return new MicroError('not_found', `no service ${name} is registered`);
  }

  /** Why a call that waited for nodes ended: where the deadline came first, who is missing besides. */
  waitedInVain(reason: MicroError): MicroError {
    if (reason.code !== 'deadline_exceeded' || !this.empty) return reason;
    return new MicroError(reason.code, `${reason.message}: ${this.nobody().message}`);
  }

  /** Calls run on one of its nodes, or wait for one. */
  get busy(): boolean {
    if (this.#waiting.size > 0) return true;
    for (const { inFlight } of this.#peers.values()) if (inFlight > 0) return true;
    return false;
  }

  get empty(): boolean {
    return this.#peers.size === 0;
  }

  /** The endpoints that the nodes say they have. */
  get endpoints(): EndpointIndex {
    return (this.#endpoints ??= new EndpointIndex(
      [...this.#peers.values()].flatMap(({ node }) => node.endpoints),
    ));
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
    this.#closed = true;
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
