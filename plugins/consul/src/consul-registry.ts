import type { Closable, Node, Registry, RegistryListener } from '@micro-ts/interface';
import { watchAll } from './all-watch.ts';
import type { ConsulLink } from './link.ts';
import { localAddress } from './local-address.ts';
import { list, lookup } from './lookup.ts';
import { pathOf } from './names.ts';
import { registration } from './records.ts';
import { watchService } from './service-watch.ts';

/** Older agents answer 500 for what they do not know. */
const unknown = (status: number, said: string): boolean =>
  status === 404 ||
  (status === 500 && /unknown (check|service)|does not have associated/i.test(said));

/** Nodes in Consul's catalog, as go-micro keeps them there. */
export class ConsulRegistry implements Registry {
  readonly #connection: () => Promise<ConsulLink>;

  constructor(connection: () => Promise<ConsulLink>) {
    this.#connection = connection;
  }

  /** One request, as long as the agent knows the node and its record is the same. */
  async register(node: Node, ttl: number): Promise<void> {
    const link = await this.#connection();
    const body = registration(node, ttl);
    if (link.registered.get(node.id) === body && (await pass(link, node))) return;
    link.registered.delete(node.id);
    await link.ask({ method: 'PUT', path: '/v1/agent/service/register', body });
    await pass(link, node); // It was critical, if it had expired.
    link.registered.set(node.id, body);
  }

  async deregister(node: Node): Promise<void> {
    const link = await this.#connection();
    link.registered.delete(node.id);
    const path = `/v1/agent/service/deregister/${pathOf(node.id)}`;
    await link.ask({ method: 'PUT', path, missing: unknown });
  }

  async lookup(service: string): Promise<readonly Node[]> {
    const { nodes } = await lookup(await this.#connection(), service);
    return nodes;
  }

  async list(): Promise<readonly string[]> {
    return list(await this.#connection());
  }

  async watch(listener: RegistryListener, service?: string): Promise<Closable> {
    const link = await this.#connection();
    return service === undefined ? watchAll(link, listener) : watchService(link, listener, service);
  }

  async localAddress(): Promise<string> {
    return localAddress(await this.#connection());
  }
}

/** Says that a node is well; false if the agent does not know it. */
async function pass(link: ConsulLink, { id }: Node): Promise<boolean> {
  // Always the same words: others were news for those who watch.
  const path = `/v1/agent/check/pass/${encodeURIComponent('service:')}${pathOf(id)}`;
  const { status } = await link.ask({ method: 'PUT', path, missing: unknown });
  return status === 200;
}
