import type { Logger, Node } from '@micro-ts/interface';
import { decodeRecord } from '@micro-ts/wire';

/** How many that cannot be read are remembered, so that each is logged once. */
const remembered = 1_000;

/** Reads records, and logs once those that cannot be read. */
export class RecordReader {
  readonly #logger: Logger;
  readonly #unreadable = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** The nodes of a record that stands where those of this service do; none if it is not one. */
  read(service: string, id: string, record: string): readonly Node[] {
    const key = `${service}/${id}`;
    try {
      const nodes = decodeRecord(record);
      this.#unreadable.delete(key);
      return nodes.filter((node) => node.service === service);
    } catch (error) {
      if (!this.#unreadable.has(key) && this.#unreadable.size < remembered) {
        this.#unreadable.add(key);
        this.#logger.warn('a record cannot be read and is skipped', { service, node: id, error });
      }
      return [];
    }
  }
}
