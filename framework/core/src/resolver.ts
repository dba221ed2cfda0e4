import { closable, ConfigError, MicroError, noMetadata } from '@micro-ts/interface';
import type { Closable, Node, Registry, Services, Transport } from '@micro-ts/interface';
import type { Health } from './health.ts';
import { keep } from './keep.ts';
import { Peer } from './peer.ts';
import { ServiceView } from './service-view.ts';

/** A registry without `watch` is asked this often, in ms. */
const pollEvery = 5_000;
/** Nodes that a registry has forgotten while it was away are kept this long, in ms. */
const doubtFor = 30_000;
/** How often the resolver looks for what nobody needs any more, in ms. */
const sweepEvery = 10_000;
/** A service that nobody called for so many sweeps is no longer watched. */
const idleSweeps = 30;
/** The same for a name that has no nodes, so that a scan of names leaves nothing behind. */
const unknownSweeps = 2;

interface Watched {
  readonly view: ServiceView;
  readonly watch: Closable;
}

/** Names to peers. The only user of `watch`, and the only cache of nodes. */
export class Resolver {
  readonly #registry: Registry;
  readonly #transports: ReadonlyMap<string, Transport>;
  readonly #health: Health;
  readonly #services = new Map<string, Watched>();
  readonly #addresses = new Map<string, Peer>();
  readonly #sweeper: NodeJS.Timeout;
  #closed = false;

  /** @param transports by name; the first one is for nodes that name none. */
  constructor(registry: Registry, transports: ReadonlyMap<string, Transport>, health: Health) {
    this.#registry = registry;
    this.#transports = transports;
    this.#health = health;
    this.#sweeper = setInterval(() => this.#sweep(), sweepEvery);
    this.#sweeper.unref();
  }

  /** The view of a service. It is watched from the first time on. */
  service(name: string): ServiceView {
    const known = this.#services.get(name);
    if (known !== undefined) {
      known.view.idle = 0;
      return known.view;
    }
    if (this.#closed) throw new MicroError('unavailable', 'the app is closed', { refused: true });
    const view = new ServiceView(name, (node, changed) => this.#peer(node, changed));
    const told = this.#health.part(`watch ${name}`, { needed: false });
    const watch = keep(() => this.#watch(view), told);
    this.#services.set(name, { view, watch });
    return view;
  }

  /** A peer that no registry knows. */
  at(address: string): Peer {
    let peer = this.#addresses.get(address);
    if (peer === undefined) {
      const node: Node = {
        id: '',
        service: '',
        version: '',
        address,
        metadata: noMetadata,
        endpoints: [],
      };
      peer = this.#peer(node, () => undefined);
      this.#addresses.set(address, peer);
    }
    return peer;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeper);
    const services = [...this.#services.values()];
    const addresses = [...this.#addresses.values()];
    this.#services.clear();
    this.#addresses.clear();
    await Promise.all([
      ...services.map(({ watch }) => watch.close()),
      ...services.map(({ view }) => view.close()),
      ...addresses.map((peer) => peer.close()),
    ]);
  }

  #peer(node: Node, changed: () => void): Peer {
    const name = node.metadata['transport'];
    const [first] = this.#transports.values();
    const transport = name === undefined ? first : (this.#transports.get(name) ?? unspoken(name));
    if (transport === undefined) throw new ConfigError('transport', 'there is none');
    return new Peer(node, transport, changed);
  }

  /** Opens one watch. What it says first is doubted if it is not the first we hear of the service. */
  async #watch(view: ServiceView): Promise<Closable> {
    const { name } = view;
    let doubt: NodeJS.Timeout | undefined;
    let latest: readonly Node[] = [];
    const again = view.known;
    const began = performance.now();
    const update = (nodes: readonly Node[]): void => {
      latest = nodes;
      const doubted = again && performance.now() - began < doubtFor;
      view.update(nodes, doubted);
      if (doubted) doubt ??= setTimeout(() => view.update(latest), doubtFor).unref();
    };
    const changed = (services: Services): void => update(services.get(name) ?? []);
    const watch = (await this.#registry.watch?.(changed, name)) ?? (await this.#poll(name, update));
    if (!view.known) update([]);
    void watch.closed.then(() => clearTimeout(doubt));
    return watch;
  }

  async #poll(name: string, update: (nodes: readonly Node[]) => void): Promise<Closable> {
    update(await this.#registry.lookup(name));
    const ask = (): void => void this.#registry.lookup(name).then(update, polling.lose);
    const timer = setInterval(ask, pollEvery);
    timer.unref();
    const polling = closable(() => clearInterval(timer));
    return polling;
  }

  #sweep(): void {
    for (const [name, { view, watch }] of this.#services) {
      if (++view.idle < (view.nodes.length > 0 ? idleSweeps : unknownSweeps)) continue;
      this.#services.delete(name);
      this.#health.forget(`watch ${name}`);
      void Promise.allSettled([watch.close(), view.close()]);
    }
    for (const [address, peer] of this.#addresses) {
      if (peer.inFlight > 0 || this.#addresses.size < 100) continue;
      this.#addresses.delete(address);
      void peer.close();
    }
  }
}

/** For nodes that speak something that this app has no plugin for. */
const unspoken = (name: string): Transport => ({
  connect: () =>
    Promise.reject(
      new MicroError('unavailable', `speaks ${name}: add a transport of that name to transport`),
    ),
  listen: () => Promise.reject(new MicroError('unimplemented', 'not a transport')),
});
