import { closable } from '@micro-ts/interface';
import type { Closable, Node, Registry, RegistryListener } from '@micro-ts/interface';

/** The registry that brokers without a server are given: it keeps what it is told, and no more. */
export class PlainRegistry implements Registry {
  readonly #nodes = new Map<string, Node>();
  readonly #told = new Set<(service: string) => void>();

  async register(node: Node): Promise<void> {
    this.#nodes.set(node.id, node);
    this.#tell(node.service);
  }

  async deregister({ id, service }: Node): Promise<void> {
    this.#nodes.delete(id);
    this.#tell(service);
  }

  async lookup(service: string): Promise<readonly Node[]> {
    return [...this.#nodes.values()].filter((node) => node.service === service);
  }

  async list(): Promise<readonly string[]> {
    return [...new Set([...this.#nodes.values()].map((node) => node.service))].sort();
  }

  async watch(listener: RegistryListener, only?: string): Promise<Closable> {
    const tell = async (names: readonly string[]): Promise<void> => {
      const nodes = await Promise.all(names.map((name) => this.lookup(name)));
      listener(new Map(names.map((name, at) => [name, nodes[at] ?? []])));
    };
    await tell(only === undefined ? await this.list() : [only]);
    const told = (service: string): void => {
      if (only === undefined || only === service) void tell([service]);
    };
    this.#told.add(told);
    return closable(() => this.#told.delete(told));
  }

  #tell(service: string): void {
    for (const told of this.#told) told(service);
  }
}
