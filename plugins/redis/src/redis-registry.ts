import { isIP } from 'node:net';
import { MicroError } from '@micro-ts/interface';
import type { Closable, Node, Registry, RegistryListener, RoleContext } from '@micro-ts/interface';
import { encodeRecord, plainAddress } from '@micro-ts/wire';
import type { RedisLink } from './link.ts';
import type { RedisSettings } from './options.ts';
import { RecordReader } from './record-reader.ts';
import { RegistryStore } from './registry-store.ts';
import { RegistryWatch } from './registry-watch.ts';

/** Nodes in Redis: go-micro's records, which expire by the clock of the server. */
export class RedisRegistry implements Registry {
  readonly #prefix: string;
  readonly #connection: () => Promise<RedisLink>;
  readonly #reader: RecordReader;

  constructor({ prefix }: RedisSettings, { connection, logger }: RoleContext<RedisLink>) {
    this.#prefix = prefix;
    this.#connection = connection;
    this.#reader = new RecordReader(logger);
  }

  async register(node: Node, ttl: number): Promise<void> {
    const store = await this.#store();
    await store.register(node.service, node.id, encodeRecord(node), ttl);
  }

  async deregister({ service, id }: Node): Promise<void> {
    const store = await this.#store();
    await store.deregister(service, id);
  }

  async lookup(service: string): Promise<readonly Node[]> {
    const store = await this.#store();
    const [found] = await store.lookup([service]);
    return [...(found?.records ?? [])].flatMap(([id, record]) =>
      this.#reader.read(service, id, record),
    );
  }

  async list(): Promise<readonly string[]> {
    const store = await this.#store();
    return store.list();
  }

  async watch(listener: RegistryListener, service?: string): Promise<Closable> {
    const link = await this.#connection();
    const store = new RegistryStore(link, this.#prefix);
    return RegistryWatch.open(link, store, this.#reader, listener, service);
  }

  async localAddress(): Promise<string> {
    const { localAddress = '', server } = await this.#connection();
    const address = plainAddress(localAddress);
    if (isIP(address) !== 0) return address;
    throw new MicroError('unavailable', `the way to redis at ${server} has no address`);
  }

  async #store(): Promise<RegistryStore> {
    return new RegistryStore(await this.#connection(), this.#prefix);
  }
}
