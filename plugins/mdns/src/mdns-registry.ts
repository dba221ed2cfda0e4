import type { Closable, Node, Registry, RegistryListener } from '@micro-ts/interface';
import { Browser } from './browser.ts';
import type { MdnsLink } from './link.ts';
import { list, lookup } from './lookup.ts';

/** A registry without a server: every process answers for its own nodes. */
export class MdnsRegistry implements Registry {
  readonly #connection: () => Promise<MdnsLink>;

  constructor(connection: () => Promise<MdnsLink>) {
    this.#connection = connection;
  }

  async register(node: Node, ttl: number): Promise<void> {
    const { responder } = await this.#link();
    await responder.register(node, ttl);
  }

  /** Only its own process can take leave of a node; the nodes of others are left as they are. */
  async deregister(node: Node): Promise<void> {
    const { responder } = await this.#link();
    await responder.deregister(node);
  }

  async lookup(service: string): Promise<readonly Node[]> {
    return lookup(await this.#link(), service);
  }

  async list(): Promise<readonly string[]> {
    return list(await this.#link());
  }

  async watch(listener: RegistryListener, service?: string): Promise<Closable> {
    return new Browser(await this.#link(), listener, service).start();
  }

  async localAddress(): Promise<string> {
    const { network } = await this.#link();
    return network.address;
  }

  /** The link, a new one if this machine has moved to another network. */
  async #link(): Promise<MdnsLink> {
    const link = await this.#connection();
    if (link.network.isThere()) return link;
    link.lose('the network interface is gone');
    await link.closed;
    await new Promise((resolve) => setImmediate(resolve)); // By then the plugin has forgotten it.
    return this.#connection();
  }
}
