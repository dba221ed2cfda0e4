import { closable } from '@micro-ts/interface';
import type { Closable, Losable, Node, RegistryListener } from '@micro-ts/interface';
import { follow } from './follow.ts';
import type { ConsulLink } from './link.ts';
import {
  criticalIn,
  criticalPath,
  lookup,
  servicesIn,
  servicesOf,
  servicesPath,
} from './lookup.ts';
import type { Critical } from './lookup.ts';
import { Reader, sameNodes } from './reader.ts';

/** Services that are asked for at once. */
const atOnce = 8;

/** What is known of one service. */
interface Known {
  readonly reader: Reader;
  nodes: readonly Node[];
  /** False if some node has no mark: then the tags of the service do not tell of each change. */
  marked: boolean;
}

/**
 * Watches all services with two questions that stay open, however many there are: which services with
 * which tags, and what is down. Both answers are small. They tell whose nodes have changed, since each
 * record marks itself by a tag; only those services are asked for. Services in which go-micro takes
 * part are asked for at each change of the first answer.
 */
class AllWatch {
  readonly #link: ConsulLink;
  readonly #listener: RegistryListener;
  readonly #known = new Map<string, Known>();
  #tags: ReadonlyMap<string, string> = new Map();
  #critical: ReadonlyMap<string, Critical> = new Map();
  #due = new Set<string>();
  #busy = false;
  #open = true;

  constructor(link: ConsulLink, listener: RegistryListener) {
    this.#link = link;
    this.#listener = listener;
  }

  /** Resolves when the listener was told all there is. */
  async start(): Promise<Closable> {
    const parts: Losable[] = [];
    const watch = closable(async () => {
      this.#open = false;
      await Promise.all(parts.map((part) => part.close()));
    });
    try {
      let first = true;
      const due = (names: Iterable<string>): void => {
        for (const name of names) this.#due.add(name);
        if (!first) this.#refresh().catch(watch.lose);
      };
      const critical = async ({ value }: { value: unknown }): Promise<void> =>
        due(await this.#changedHealth(value));
      parts.push(await follow(this.#link, criticalPath, critical));
      const services = ({ value }: { value: unknown }): void => due(this.#changedServices(value));
      parts.push(await follow(this.#link, servicesPath, services));
      await this.#refresh();
      first = false;
      if (this.#due.size > 0) this.#refresh().catch(watch.lose);
    } catch (error) {
      await watch.close();
      throw error;
    }
    for (const part of parts) void part.closed.then((reason) => reason && watch.lose(reason));
    this.#link.watches.hold(watch);
    return watch;
  }

  #changedServices(value: unknown): readonly string[] {
    const before = this.#tags;
    const services = servicesIn(value);
    this.#tags = new Map([...services].map(([name, tags]) => [name, [...tags].sort().join(' ')]));
    const names = new Set([...before.keys(), ...this.#tags.keys()]);
    return [...names].filter(
      (name) =>
        before.get(name) !== this.#tags.get(name) || this.#known.get(name)?.marked === false,
    );
  }

  async #changedHealth(value: unknown): Promise<Iterable<string>> {
    const before = this.#critical;
    this.#critical = new Map(criticalIn(value).map((check) => [check.key, check]));
    const all = new Map([...before, ...this.#critical]);
    const changed = [...all].filter(([key]) => before.has(key) !== this.#critical.has(key));
    return servicesOf(
      this.#link,
      changed.map(([, check]) => check),
    );
  }

  /** Asks for what is due, and tells; what becomes due meanwhile comes after it. */
  async #refresh(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#open && this.#due.size > 0) await this.#askAll();
    } finally {
      this.#busy = false;
    }
  }

  async #askAll(): Promise<void> {
    const names = [...this.#due];
    this.#due = new Set();
    const changed = new Map<string, readonly Node[]>();
    const next = names[Symbol.iterator]();
    const workers = Array.from({ length: Math.min(atOnce, names.length) }, async () => {
      for (const name of next) {
        if (this.#open && (await this.#ask(name))) changed.set(name, this.#nodes(name));
      }
    });
    await Promise.all(workers);
    if (this.#open && changed.size > 0) this.#listener(changed);
  }

  /** True if the nodes of the service are others now. */
  async #ask(name: string): Promise<boolean> {
    const fresh = { reader: new Reader(this.#link.report), nodes: [], marked: true };
    const known: Known = this.#known.get(name) ?? fresh;
    const { nodes, marked } = await lookup(this.#link, name, known.reader);
    const changed = !sameNodes(known.nodes, nodes);
    if (nodes.length === 0 && !this.#tags.has(name)) this.#known.delete(name);
    else this.#known.set(name, Object.assign(known, { nodes, marked }));
    return changed;
  }

  readonly #nodes = (name: string): readonly Node[] => this.#known.get(name)?.nodes ?? [];
}

/** Watches all services. */
export function watchAll(link: ConsulLink, listener: RegistryListener): Promise<Closable> {
  return new AllWatch(link, listener).start();
}
