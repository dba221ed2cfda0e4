import { closable } from '@micro-ts/interface';
import type { Closable, Losable, Node, RegistryListener } from '@micro-ts/interface';
import type { RedisLink } from './link.ts';
import type { RecordReader } from './record-reader.ts';
import type { Change, RegistryStore } from './registry-store.ts';

/** Services whose records are asked for at once. */
const batch = 50;
/** How long changes are gathered before they are told, in ms: nodes come and go in crowds. */
const gathering = 5;
/**
 * Pauses between looks for nodes that have expired, in ms. The server says when the next one may, and a
 * new record how long it holds; the longest pause is for a ttl that was made shorter, and for a
 * registry that was emptied.
 */
const pauses = { least: 20, most: 5_000 };

interface Known {
  stamp: number;
  readonly nodes: Map<string, readonly Node[]>;
}

/** One watch: what it knows of each service, and whom it tells. */
export class RegistryWatch {
  readonly #store: RegistryStore;
  readonly #reader: RecordReader;
  readonly #listener: RegistryListener;
  readonly #only: string | undefined;
  readonly #end: Losable;
  readonly #known = new Map<string, Known>();
  readonly #changed = new Set<string>();
  /** Changes that come before all is known that is there. */
  #early: Change[] | undefined = [];
  #latest = 0;
  #epoch = '';
  #telling: NodeJS.Timeout | undefined = undefined;
  #sweeping: NodeJS.Timeout | undefined = undefined;
  /** When the next look is due, by `performance.now()`; nothing while one is under way. */
  #due: number | undefined = undefined;
  /** The shortest time that a record holds of which was told during a look, in ms. */
  #shortest = Infinity;
  #stop: (() => Promise<void>) | undefined = undefined;
  #closed = false;

  private constructor(
    store: RegistryStore,
    reader: RecordReader,
    listener: RegistryListener,
    only: string | undefined,
  ) {
    this.#store = store;
    this.#reader = reader;
    this.#listener = listener;
    this.#only = only;
    this.#end = closable(() => this.#release());
  }

  /** Tells all there is, then what changes. */
  static async open(
    link: RedisLink,
    store: RegistryStore,
    reader: RecordReader,
    listener: RegistryListener,
    only: string | undefined,
  ): Promise<Closable> {
    const watch = new RegistryWatch(store, reader, listener, only);
    link.own(watch.#end);
    try {
      watch.#stop = await store.listen((change) => watch.#hear(change));
      [, watch.#epoch] = await store.sweep();
      await watch.#load();
    } catch (error) {
      await watch.#end.close().catch(() => undefined);
      throw error;
    }
    watch.#sweep();
    return watch.#end;
  }

  async #release(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#telling);
    clearTimeout(this.#sweeping);
    await this.#stop?.();
  }

  async #load(): Promise<void> {
    const services = this.#only === undefined ? await this.#store.list() : [this.#only];
    for (let at = 0; at < services.length; at += batch) {
      const names = services.slice(at, at + batch);
      for (const [index, { stamp, records }] of (await this.#store.lookup(names)).entries()) {
        const service = names[index] ?? '';
        const known: Known = { stamp, nodes: new Map() };
        this.#known.set(service, known);
        for (const [id, record] of records) {
          known.nodes.set(id, this.#reader.read(service, id, record));
        }
      }
    }
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const change of early) this.#apply(change);
    for (const service of this.#known.keys()) this.#changed.add(service);
    this.#tell();
  }

  #hear(change: Change): void {
    if (this.#closed) return;
    if (change.stamp < this.#latest) {
      return this.#end.lose('the clock of the server went back');
    }
    this.#latest = change.stamp;
    if (this.#only !== undefined && change.service !== this.#only) return;
    if (change.ttl > 0) this.#expect(change.ttl);
    if (this.#early !== undefined) this.#early.push(change);
    else this.#apply(change);
  }

  #apply({ stamp, service, id, record }: Change): void {
    const known = this.#known.get(service) ?? {
      stamp: 0,
      nodes: new Map<string, readonly Node[]>(),
    };
    if (stamp < known.stamp) return;
    this.#known.set(service, known);
    if (record === '') known.nodes.delete(id);
    else known.nodes.set(id, this.#reader.read(service, id, record));
    this.#changed.add(service);
    this.#telling ??= setTimeout(() => this.#tell(), gathering);
  }

  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    if (this.#closed) return;
    const services = new Map<string, readonly Node[]>();
    for (const service of this.#changed) {
      const nodes = this.#known.get(service)?.nodes;
      services.set(service, [...(nodes?.values() ?? [])].flat());
      // What is gone is forgotten, so that names which come and go do not pile up.
      if (nodes?.size === 0) this.#known.delete(service);
    }
    this.#changed.clear();
    this.#listener(services);
  }

  /** Makes the server look for what has expired when something may have. */
  #sweep(): void {
    this.#due = undefined;
    this.#shortest = Infinity;
    const next = async (): Promise<void> => {
      const [left, epoch] = await this.#store.sweep();
      if (this.#closed) return;
      // Nobody tells of nodes that go with everything else.
      if (epoch !== this.#epoch) return this.#end.lose('the registry was emptied');
      this.#sweepIn(Math.min(left < 0 ? pauses.most : left, this.#shortest));
    };
    next().catch(this.#end.lose);
  }

  /** Something may expire in so many ms. */
  #expect(ms: number): void {
    if (this.#due === undefined) this.#shortest = Math.min(this.#shortest, ms);
    else if (performance.now() + ms < this.#due) this.#sweepIn(ms);
  }

  #sweepIn(ms: number): void {
    const pause = Math.min(Math.max(ms, pauses.least), pauses.most);
    clearTimeout(this.#sweeping);
    this.#due = performance.now() + pause;
    this.#sweeping = setTimeout(() => this.#sweep(), pause);
  }
}
