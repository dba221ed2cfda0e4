import type { Closable, Node, Registry } from '@micro-ts/interface';

/** The service whose nodes are the subscriptions of go-micro's HTTP brokers. */
export const brokerService = 'micro.http.broker';

/** Version of the nodes of subscriptions without a queue; others have the queue's name there. */
export const broadcastVersion = 'ff.http.broadcast';

/** Subscriptions to one topic, by the version of their nodes. */
export type ByVersion = ReadonlyMap<string, readonly Node[]>;

const nobody: ByVersion = new Map();

/** Who listens to what: from a watch, where the registry has one, or asked for each event. */
export class Subscribers {
  readonly #registry: Registry;
  readonly #opened: (watch: Closable) => void;
  #watching: Promise<void> | undefined = undefined;
  #watched = false;
  #topics: ReadonlyMap<string, ByVersion> = new Map();
  #running: Promise<void> | undefined = undefined;
  #next: Promise<void> | undefined = undefined;

  /** @param opened gets what has to be closed */
  constructor(registry: Registry, opened: (watch: Closable) => void) {
    this.#registry = registry;
    this.#opened = opened;
  }

  /** The subscriptions to a topic. What a watch does not show yet is asked for once more. */
  async of(topic: string): Promise<ByVersion> {
    if (this.#registry.watch !== undefined) await (this.#watching ??= this.#watch());
    const known = this.#watched ? this.#topics.get(topic) : undefined;
    if (known !== undefined) return known;
    await this.#look();
    return this.#topics.get(topic) ?? nobody;
  }

  async #watch(): Promise<void> {
    try {
      const watch = await this.#registry.watch?.((changed) => {
        const nodes = changed.get(brokerService);
        if (nodes !== undefined) this.#topics = byTopic(nodes);
      }, brokerService);
      if (watch === undefined) return;
      this.#watched = true;
      this.#opened(watch);
      void watch.closed.then(() => {
        this.#watched = false;
        this.#watching = undefined;
      });
    } catch {
      this.#watching = undefined; // then each event asks, and the next one tries to watch again
    }
  }

  /** One look-up at a time. Who comes while it runs waits for the next: it may be too old already. */
  #look(): Promise<void> {
    if (this.#running === undefined) return (this.#running = this.#lookup());
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return (this.#running = this.#lookup());
      });
    return this.#next;
  }

  async #lookup(): Promise<void> {
    try {
      this.#topics = byTopic(await this.#registry.lookup(brokerService));
    } finally {
      this.#running = undefined;
    }
  }
}

function byTopic(nodes: readonly Node[]): ReadonlyMap<string, ByVersion> {
  const topics = new Map<string, Map<string, Node[]>>();
  for (const node of nodes) {
    const { broker, topic } = node.metadata;
    if (broker !== 'http' || topic === undefined) continue;
    const versions = topics.get(topic) ?? new Map<string, Node[]>();
    topics.set(topic, versions);
    const same = versions.get(node.version);
    if (same === undefined) versions.set(node.version, [node]);
    else same.push(node);
  }
  return topics;
}
