import type { Node, Services } from '@micro-ts/interface';
import type { IKeyValue } from 'etcd3';
import { isDeepStrictEqual } from 'node:util';

interface Entry {
  readonly revision: number;
  readonly nodes: readonly Node[];
}

/** What a watch knows: the records by their keys, and their nodes by service. */
export class Census {
  readonly #read: (kv: IKeyValue) => readonly Node[];
  readonly #entries = new Map<string, Entry>();
  /** For each service the keys of its records. */
  readonly #services = new Map<string, Set<string>>();

  constructor(read: (kv: IKeyValue) => readonly Node[]) {
    this.#read = read;
  }

  /** Takes note of a record that was put; names in `changed` the services that are other now. */
  put(kv: IKeyValue, changed: Set<string>): void {
    this.#set(kv, this.#read(kv), changed);
  }

  /** Takes note of a key that was deleted. */
  remove(kv: IKeyValue, changed: Set<string>): void {
    this.#set(kv, [], changed);
  }

  /** These services with all of their nodes. */
  of(services: Iterable<string>): Services {
    return new Map([...services].map((service) => [service, this.#nodes(service)]));
  }

  #set(kv: IKeyValue, nodes: readonly Node[], changed: Set<string>): void {
    const key = kv.key.toString();
    const revision = Number(kv.mod_revision);
    const before = this.#entries.get(key);
    // A later page was read later than the first, and may be ahead of the events.
    if (before !== undefined && before.revision >= revision) return;
    if (nodes.length === 0) this.#entries.delete(key);
    else this.#entries.set(key, { revision, nodes });
    if (isDeepStrictEqual(before?.nodes ?? [], nodes)) return;
    for (const { service } of before?.nodes ?? []) {
      changed.add(service);
      const keys = this.#services.get(service);
      keys?.delete(key);
      if (keys?.size === 0) this.#services.delete(service);
    }
    for (const { service } of nodes) {
      changed.add(service);
      const keys = this.#services.get(service) ?? new Set<string>();
      this.#services.set(service, keys.add(key));
    }
  }

  #nodes(service: string): readonly Node[] {
    const keys = [...(this.#services.get(service) ?? [])];
    const all = keys.flatMap((key) => this.#entries.get(key)?.nodes ?? []);
    return Object.freeze(all.filter((node) => node.service === service));
  }
}
