import { ConfigError, MicroError, noMetadata } from '@micro-ts/interface';
import type { Closable, Node, Registry, Transport } from '@micro-ts/interface';
import type { Health, HealthPart } from './health.ts';
import { keep } from './keep.ts';
import { Peer } from './peer.ts';
import { watchRegistry } from './registry-watch.ts';
import { ServiceView } from './service-view.ts';

/** Nodes that a registry has forgotten while it was away are kept this long, in ms. */
const doubtFor = 30_000;
/** How often the resolver looks for what nobody needs any more, in ms. */
const sweepEvery = 10_000;
/** A service that nobody called for so many sweeps is no longer watched. */
const idleSweeps = 30;
/** The same for a name that has no nodes, so that a scan of names leaves nothing behind. */
const unknownSweeps = 2;
/** Most services at once; those who ask for more scan names, or have a leak. */
const mostServices = 10_000;

/** A view, and how it is let go of. */
interface Watched {
  readonly view: ServiceView;
  close(): Promise<unknown>;
}

/** Names to peers. The only cache of nodes. */
export class Resolver {
  readonly #registry: Registry;
  readonly #transports: ReadonlyMap<string, Transport>;
  readonly #health: Health;
  readonly #services = new Map<string, Watched>();
  readonly #addresses = new Map<string, Watched & { readonly peer: Peer }>();
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
    this.#admit(this.#services);
    const view = new ServiceView(name, (node, changed) => this.#peer(node, changed));
    const part = this.#health.part('registry watch', { needed: false });
    const watch = keep(
      () => this.#watch(view),
      part.told,
      () => false,
    ); // nobody would hear
    this.#services.set(name, { view, close: () => letGo(view, watch, part) });
    return view;
  }

  /** A peer that no registry knows. */
  at(address: string): Peer {
    const known = this.#addresses.get(address);
    if (known !== undefined) {
      known.view.idle = 0;
      return known.peer;
    }
    this.#admit(this.#addresses);
    const named = { id: '', service: '', version: '', address };
    const peer = this.#peer({ ...named, metadata: noMetadata, endpoints: [] }, () => undefined);
    const view = new ServiceView('', () => peer);
    view.update([peer.node]);
    this.#addresses.set(address, { view, peer, close: () => view.close() });
    return peer;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeper);
    const all = [...this.#services.values(), ...this.#addresses.values()];
    this.#services.clear();
    this.#addresses.clear();
    await Promise.all(all.map((each) => each.close()));
  }

  #admit({ size }: ReadonlyMap<string, Watched>): void {
    if (this.#closed) throw new MicroError('unavailable', 'the app is closed', { refused: true });
    if (size >= mostServices)
      throw new MicroError('resource_exhausted', `more than ${mostServices} services are called`);
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
    let doubt: NodeJS.Timeout | undefined;
    let latest: readonly Node[] = [];
    const again = view.known;
    const began = performance.now();
    const update = (nodes: readonly Node[] | undefined): void => {
      if (nodes === undefined) return; // news of another service
      latest = nodes;
      const doubted = again && performance.now() - began < doubtFor;
      view.update(nodes, doubted);
      if (doubted) doubt ??= setTimeout(() => view.update(latest), doubtFor).unref();
    };
    const watch = await watchRegistry(
      this.#registry,
      (services) => update(services.get(view.name)),
      view.name,
    );
    if (!view.known) update([]);
    const ended = (): void => clearTimeout(doubt);
    watch.closed.then(ended, ended);
    return watch;
  }

  /** Lets go of what was not asked for in a while. */
  #sweep(): void {
    for (const all of [this.#services, this.#addresses])
      for (const [name, { view, close }] of all) {
        if (view.busy) view.idle = 0;
        if (++view.idle < (view.empty ? unknownSweeps : idleSweeps)) continue;
        all.delete(name);
        void close().catch(() => undefined);
      }
  }
}

async function letGo(view: ServiceView, watch: Closable, part: HealthPart): Promise<void> {
  await Promise.allSettled([watch.close(), view.close()]);
  part.forget();
}

/** For nodes that speak something that this app has no plugin for. */
const unspoken = (name: string): Transport => ({
  connect: () =>
    Promise.reject(
      new MicroError('unavailable', `speaks ${name}: add a transport of that name to transport`),
    ),
  listen: () => Promise.reject(new MicroError('unimplemented', 'not a transport')),
});
