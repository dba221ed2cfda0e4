import type { Node } from '@micro-ts/interface';
import { copyNode } from './copy.ts';

/** Told the name of a service whose nodes changed. */
export type ChangeListener = (service: string) => void;

interface Entry {
  readonly node: Node;
  /** The record as text, to tell a heartbeat from a change. */
  readonly text: string;
  readonly timer: NodeJS.Timeout | undefined;
}

/** Longest time that a timer of Node can be set to, in ms; longer ones fire at once. */
const longestTimer = 2 ** 31 - 1;

/** The records of a network, by service and id, and those who are told of changes. */
export class Records {
  readonly #services = new Map<string, Map<string, Entry>>();
  readonly #serviceOf = new Map<string, string>();
  readonly #listeners = new Set<ChangeListener>();

  put(given: Node, ttl: number): void {
    const text = JSON.stringify(given);
    const { id, service } = given;
    const before = this.#serviceOf.get(id);
    if (before !== undefined && before !== service) this.remove(id);
    const known = this.#services.get(service)?.get(id);
    clearTimeout(known?.timer);
    const same = known?.text === text;
    const node = same ? known.node : copyNode(given);
    const nodes = this.#services.get(service) ?? new Map<string, Entry>();
    nodes.set(id, { node, text, timer: this.#expiry(id, ttl) });
    this.#services.set(service, nodes);
    this.#serviceOf.set(id, service);
    if (!same) this.#tell(service);
  }

  remove(id: string): void {
    const service = this.#serviceOf.get(id);
    if (service === undefined) return;
    const nodes = this.#services.get(service);
    clearTimeout(nodes?.get(id)?.timer);
    nodes?.delete(id);
    if (nodes?.size === 0) this.#services.delete(service);
    this.#serviceOf.delete(id);
    this.#tell(service);
  }

  of(service: string): readonly Node[] {
    return Array.from(this.#services.get(service)?.values() ?? [], ({ node }) => node);
  }

  names(): readonly string[] {
    return [...this.#services.keys()].sort();
  }

  listen(listener: ChangeListener): void {
    this.#listeners.add(listener);
  }

  unlisten(listener: ChangeListener): void {
    this.#listeners.delete(listener);
  }

  #expiry(id: string, ttl: number): NodeJS.Timeout | undefined {
    if (ttl > longestTimer) return undefined;
    return setTimeout(() => this.remove(id), Math.max(1, ttl)).unref();
  }

  #tell(service: string): void {
    for (const listener of this.#listeners) listener(service);
  }
}
