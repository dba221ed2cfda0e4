import { closable } from '@micro-ts/interface';
import type { Closable, Node, Registry, RegistryListener } from '@micro-ts/interface';
import type { Records } from './records.ts';

/** One app's view of the records of a network. */
export class MemoryRegistry implements Registry {
  readonly #records: Records;

  constructor(records: Records) {
    this.#records = records;
  }

  async register(node: Node, ttl: number): Promise<void> {
    this.#records.put(node, ttl);
  }

  async deregister({ id }: Node): Promise<void> {
    this.#records.remove(id);
  }

  async lookup(service: string): Promise<readonly Node[]> {
    return this.#records.of(service);
  }

  async list(): Promise<readonly string[]> {
    return this.#records.names();
  }

  async watch(listener: RegistryListener, only?: string): Promise<Closable> {
    const told = (names: readonly string[]): void =>
      listener(new Map(names.map((name) => [name, this.#records.of(name)])));
    told(only === undefined ? this.#records.names() : [only]);
    const changed = (service: string): void => {
      if (only === undefined || only === service) told([service]);
    };
    this.#records.listen(changed);
    return closable(() => this.#records.unlisten(changed));
  }
}
