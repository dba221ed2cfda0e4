import type { Logger, Node } from '@micro-ts/interface';
import { decodeRecord, ReportOnce } from '@micro-ts/wire';
import type { IKeyValue } from 'etcd3';

/** go-micro has no other separator. */
const part = (text: string): string => text.replaceAll('/', '-');

/** Where records are in etcd, and how they are read. */
export class Records {
  readonly prefix: string;
  readonly #report: ReportOnce;

  constructor(prefix: string, logger: Logger) {
    this.prefix = prefix;
    this.#report = new ReportOnce(logger);
  }

  /** Key of a node. */
  key({ service, id }: Node): string {
    return `${this.folder(service)}${part(id)}`;
  }

  /** What the keys of a service begin with; those of others may too. */
  folder(service: string): string {
    return `${this.prefix}${part(service)}/`;
  }

  /** The nodes of a record, of one service or of all. What cannot be read has none, and is told once. */
  read({ key, value }: IKeyValue, only?: string): readonly Node[] {
    try {
      const nodes = decodeRecord(value.toString());
      return only === undefined ? nodes : nodes.filter(({ service }) => service === only);
    } catch (error) {
      const name = key.toString();
      this.#report.warn(name, 'etcd holds a record that cannot be read', { key: name, error });
      return [];
    }
  }
}
