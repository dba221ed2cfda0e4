import type {
  Closable,
  Node,
  PluginContext,
  Registry,
  RegistryListener,
} from '@micro-ts/interface';
import { encodeRecord } from '@micro-ts/wire';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { follow } from './follow.ts';
import { Leases } from './leases.ts';
import type { EtcdLink } from './link.ts';
import { localAddress } from './local-address.ts';
import { readAll } from './read-all.ts';
import { Records } from './records.ts';

/** go-micro's registry on etcd: a key for each node, which holds its record. */
export class EtcdRegistry implements Registry {
  readonly #connection: () => Promise<EtcdLink>;
  readonly #records: Records;
  readonly #leases = new Leases();

  constructor(
    { prefix }: { readonly prefix: string },
    { connection, logger }: PluginContext & { connection(): Promise<EtcdLink> },
  ) {
    this.#connection = connection;
    this.#records = new Records(prefix, logger);
  }

  async register(node: Node, ttl: number): Promise<void> {
    const link = await this.#link();
    const key = this.#records.key(node);
    await this.#leases.of(ttl, key).hold(link, key, encodeRecord(node));
  }

  async deregister(node: Node): Promise<void> {
    const link = await this.#link();
    const name = this.#records.key(node);
    this.#leases.release(name);
    await link.call(({ kv }) => kv.deleteRange({ key: Buffer.from(name) }));
  }

  async lookup(service: string): Promise<readonly Node[]> {
    const link = await this.#link();
    const nodes: Node[] = [];
    const folder = this.#records.folder(service);
    await readAll(link, folder, (kv) => nodes.push(...this.#records.read(kv, service)));
    return nodes;
  }

  async list(): Promise<readonly string[]> {
    const link = await this.#link();
    const names = new Set<string>();
    await readAll(link, this.#records.prefix, (kv) => {
      for (const { service } of this.#records.read(kv)) names.add(service);
    });
    return [...names].sort();
  }

  async watch(listener: RegistryListener, service?: string): Promise<Closable> {
    const link = await this.#link();
    return follow(link, { records: this.#records, listener, service });
  }

  async localAddress(): Promise<string> {
    const { place } = await this.#link();
    return localAddress(place);
  }

  /** The link; a new one where the last was lost a moment ago. */
  async #link(): Promise<EtcdLink> {
    const link = await this.#connection();
    if (!link.isGone) return link;
    await nextTurn(); // by then the plugin has forgotten it
    return this.#connection();
  }
}
