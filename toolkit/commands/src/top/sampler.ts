import { MicroError } from 'micro-ts';
import type { Closable, Node } from 'micro-ts';
import { askAll } from '../ask-all.ts';
import type { Micro } from '../command.ts';
import { findService } from '../find-service.ts';
import { figuresOf, tellsFigures } from './figures.ts';
import type { Figures, Sample } from './figures.ts';

/** A node and what it does. */
export interface Row {
  readonly node: Node;
  /** Those of the last time it answered. */
  readonly figures?: Figures;
  /** Why they are old or absent: `slow`, or the code of an error. */
  readonly trouble?: string;
}

/** A node, and what is known of it between two looks. */
interface Asked {
  node: Node;
  sample?: Sample;
  figures?: Figures;
  trouble?: string;
  asking: boolean;
}

/** Asks every node what it does, again and again, until it is no longer told which nodes there are. */
export class Sampler {
  readonly #micro: Micro;
  readonly #nodes = new Map<string, Asked>();
  readonly #timeout: number;
  readonly #lost = new AbortController();
  #watch: Closable | undefined;

  /** @param timeout how long a node may take before it counts as slow, in ms */
  constructor(micro: Micro, timeout: number) {
    this.#micro = micro;
    this.#timeout = timeout;
  }

  /** Aborts with the reason when nobody tells any more which nodes there are. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Follows which nodes there are.
   * @param service only its nodes
   * @throws MicroError `not_found` if it has none
   */
  async open(service?: string): Promise<void> {
    if (service !== undefined) await findService(this.#micro, service);
    this.#watch = await this.#micro.watch((changed) => {
      for (const [name, nodes] of changed) {
        for (const [id, { node }] of this.#nodes) if (node.service === name) this.#drop(id, nodes);
        for (const node of nodes) this.#note(node);
      }
    }, service);
    void this.#watch.closed.then((reason) => reason !== undefined && this.#lost.abort(reason));
  }

  get rows(): readonly Row[] {
    return [...this.#nodes.values()].map(({ node, figures, trouble }) => ({
      node,
      ...(figures !== undefined && { figures }),
      ...(trouble !== undefined && { trouble }),
    }));
  }

  /**
   * Asks all; resolves when those have answered that do in time. The others are marked.
   * @throws what it was {@link lost} by
   */
  async look(): Promise<void> {
    this.#lost.signal.throwIfAborted();
    const waiting = [...this.#nodes.values()].filter(({ asking }) => !asking);
    this.#markSlow();
    const answered = askAll(waiting, (asked) => this.#ask(asked));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, this.#timeout)));
    await Promise.race([answered, late]);
    clearTimeout(timer);
    this.#markSlow();
  }

  async close(): Promise<void> {
    await this.#watch?.close();
  }

  #markSlow(): void {
    for (const asked of this.#nodes.values()) if (asked.asking) asked.trouble = 'slow';
  }

  async #ask(asked: Asked): Promise<void> {
    const { service, address } = asked.node;
    asked.asking = true;
    try {
      const options = { address, timeout: this.#timeout * 2, retries: 0 };
      const stats = await this.#micro.call(service, 'Debug.Stats', {}, options);
      if (!tellsFigures(stats)) throw new MicroError('unimplemented', 'it tells no figures');
      const sample = { at: performance.now(), stats };
      asked.figures = figuresOf(sample, asked.sample);
      asked.sample = sample;
      delete asked.trouble;
    } catch (error) {
      const { code } = MicroError.from(error);
      asked.trouble = code === 'deadline_exceeded' ? 'slow' : code;
    } finally {
      asked.asking = false;
    }
  }

  #note(node: Node): void {
    const known = this.#nodes.get(keyOf(node));
    if (known === undefined) this.#nodes.set(keyOf(node), { node, asking: false });
    else known.node = node;
  }

  #drop(key: string, nodes: readonly Node[]): void {
    if (!nodes.some((node) => keyOf(node) === key)) this.#nodes.delete(key);
  }
}

const keyOf = ({ service, id }: Node): string => `${service}\0${id}`;
