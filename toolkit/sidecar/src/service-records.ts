import type { Node } from 'micro-ts';
import { encodeRecord } from '@micro-ts/wire';

/** go-micro's record of one version of a service, with all of its nodes. */
export interface ServiceRecord {
  readonly name: string;
  readonly version: string;
  readonly nodes: readonly object[];
}

/** The records of some nodes: one for each service and version, in the order in which they come. */
export function serviceRecords(nodes: readonly Node[]): readonly ServiceRecord[] {
  const records = new Map<string, ServiceRecord & { readonly nodes: object[] }>();
  for (const node of nodes) {
    const record = JSON.parse(encodeRecord(node)) as ServiceRecord & { readonly nodes: object[] };
    const key = JSON.stringify([node.service, node.version]);
    const known = records.get(key);
    if (known === undefined) records.set(key, record);
    else known.nodes.push(...record.nodes);
  }
  return [...records.values()];
}
