import type { Node } from '@micro-ts/interface';
import { decodeServiceTags, formatAddress, isTagged } from '@micro-ts/wire';
import type { ReportOnce, TaggedNode } from '@micro-ts/wire';
import { listOf, objectOf, textOf, textsOf } from './json.ts';
import { fromConsul, toConsul } from './names.ts';
import { markOf } from './records.ts';

/** What an answer of `/v1/health/service` says. */
export interface Reading {
  readonly nodes: readonly Node[];
  /** True if each node of Micro has its mark, sick ones included. */
  readonly marked: boolean;
}

interface Instance {
  readonly node: Node;
  readonly index: number;
}

/**
 * Reads nodes. Tags are decoded once for all nodes that have the same ones, and again only when they
 * were not in the answer before.
 */
export class Reader {
  readonly #report: ReportOnce;
  #known = new Map<string, TaggedNode>();

  constructor(report: ReportOnce) {
    this.#report = report;
  }

  /** Those without a version are of others, and passed over. Those with a critical check are not told. */
  read(service: string, answer: unknown): Reading {
    const name = toConsul(service);
    const before = this.#known;
    this.#known = new Map();
    const instances = new Map<string, Instance>();
    let marked = true;
    for (const entry of listOf(answer).map(objectOf)) {
      const own = objectOf(entry['Service']);
      const tags = textsOf(own['Tags']);
      // Consul does not tell upper from lower case.
      if (textOf(own['Service']) !== name || !isTagged(tags)) continue;
      marked &&= markOf(tags) !== undefined;
      if (listOf(entry['Checks']).some((each) => objectOf(each)['Status'] === 'critical')) continue;
      const tagged = this.#decode(tags, before, textOf(own['ID']));
      if (tagged === undefined) continue;
      const id = fromConsul(textOf(own['ID']));
      const index = Number(own['ModifyIndex']);
      // The same node may have been registered with two agents.
      if ((instances.get(id)?.index ?? -1) > index) continue;
      const address = addressOf(own, textOf(objectOf(entry['Node'])['Address']));
      instances.set(id, { index, node: { id, service, address, ...tagged } });
    }
    return { nodes: [...instances.values()].map(({ node }) => node), marked };
  }

  #decode(
    tags: readonly string[],
    before: ReadonlyMap<string, TaggedNode>,
    id: string,
  ): TaggedNode | undefined {
    const key = tags.filter((tag) => /^[tev]/.test(tag)).join(' ');
    const known = this.#known.get(key) ?? before.get(key);
    if (known !== undefined) {
      this.#known.set(key, known);
      return known;
    }
    try {
      const tagged = decodeServiceTags(tags);
      this.#known.set(key, tagged);
      return tagged;
    } catch (error) {
      const message = 'consul holds a record that cannot be read, and is passed over';
      this.#report.warn(`record ${id}`, message, { id: id.slice(0, 200), error });
      return undefined;
    }
  }
}

function addressOf(own: Readonly<Record<string, unknown>>, ofAgent: string): string {
  const host = textOf(own['Address']) || ofAgent;
  const port = Number(own['Port']);
  return port > 0 ? formatAddress(host, port) : host;
}

/** True if both say the same, where {@link Reader} has read both. */
export function sameNodes(one: readonly Node[], other: readonly Node[]): boolean {
  if (one.length !== other.length) return false;
  const known = new Map(one.map((node) => [node.id, node]));
  return other.every((node) => {
    const before = known.get(node.id);
    return (
      before !== undefined &&
      before.address === node.address &&
      before.version === node.version &&
      before.metadata === node.metadata &&
      before.endpoints === node.endpoints
    );
  });
}
