import { metadata, MicroError } from '@micro-ts/interface';
import type { Endpoint, Metadata, Node } from '@micro-ts/interface';
import { formatAddress } from './address.ts';
import { decodeEndpoint, encodeEndpoint } from './endpoint.ts';
import { asList, asObject, asText, parseJson } from './json.ts';
import { decodeTexts, sorted } from './text-map.ts';

/** Longest record that is read, in characters. */
const maxRecord = 8 * 1024 * 1024;

/**
 * go-micro's record of one node, as registries store it: a service with its version, its endpoints
 * and this node. Equal nodes give equal texts, whatever the order of their metadata.
 */
export function encodeRecord(node: Node): string {
  const { id, service, version, address, endpoints } = node;
  return JSON.stringify({
    name: service,
    version,
    metadata: null,
    endpoints: endpoints.length === 0 ? null : endpoints.map(encodeEndpoint),
    nodes: [{ metadata: orNull(sorted(node.metadata)), id, address }],
  });
}

const orNull = (texts: Metadata): Metadata | null =>
  Object.keys(texts).length === 0 ? null : texts;

/**
 * The nodes of a record of any era: `null` for what is empty, keys that are not known, the separate
 * port of 2016. What the record says of all nodes stands in the metadata of each.
 * @throws MicroError `data_loss` if it is not a record.
 */
export function decodeRecord(text: string): readonly Node[] {
  try {
    const record = asObject(parseJson(text, maxRecord));
    const service = asText(record['name']);
    if (service === '') throw new Error('no name');
    const shared = {
      service,
      version: asText(record['version']),
      endpoints: asList(record['endpoints']).map(decodeEndpoint),
      metadata: decodeTexts(record['metadata']),
    };
    return asList(record['nodes']).map((each) => decodeNode(asObject(each), shared));
  } catch (cause) {
    throw new MicroError('data_loss', `not a registry record: ${(cause as Error).message}`);
  }
}

interface Shared {
  readonly service: string;
  readonly version: string;
  readonly endpoints: readonly Endpoint[];
  readonly metadata: Metadata;
}

function decodeNode(entry: Readonly<Record<string, unknown>>, shared: Shared): Node {
  const id = asText(entry['id']);
  if (id === '') throw new Error('a node without id');
  const { port } = entry;
  const host = asText(entry['address']);
  return {
    id,
    service: shared.service,
    version: shared.version,
    address: typeof port === 'number' && port > 0 ? formatAddress(host, port) : host,
    metadata: metadata(shared.metadata, decodeTexts(entry['metadata'])),
    endpoints: shared.endpoints,
  };
}
