import type { Logger, Node } from '@micro-ts/interface';
import { decodeRecord, ReportOnce } from '@micro-ts/wire';

/** Reads records, and logs once those that cannot be read. */
export class RecordReader {
  readonly #report: ReportOnce;

  constructor(logger: Logger) {
    this.#report = new ReportOnce(logger);
  }

  /** The nodes of a record that stands where those of this service do; none if it is not one. */
  read(service: string, id: string, record: string): readonly Node[] {
    const key = `${service}/${id}`;
    try {
      const nodes = decodeRecord(record);
      this.#report.forget(key);
      return nodes.filter((node) => node.service === service);
    } catch (error) {
      const message = 'a record cannot be read and is skipped';
      this.#report.warn(key, message, { service, node: id, error });
      return [];
    }
  }
}
