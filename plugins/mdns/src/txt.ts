import type { Node } from '@micro-ts/interface';
import { decodeRecord, encodeRecord } from '@micro-ts/wire';
import { deflateSync, inflateSync } from 'node:zlib';

/** Longest string of a TXT record, in bytes. */
const stringBytes = 255;

/** Most that the text of a record may inflate to, in bytes; it arrives in one packet. */
const inflatedBytes = 1024 * 1024;

/** What the rest of a node's records does not tell. */
export interface Besides {
  /** The id, where no DNS name can hold it. */
  readonly id?: string;
  /** The address, where it is no IP address with a port. */
  readonly address?: string;
}

/**
 * What go-micro puts into a TXT record: JSON, zlib, hexadecimal, in strings of 255 bytes. `Id` and
 * `Address` are ours, and ignored by Go.
 */
export function encodeTxt(node: Node, { id, address }: Besides): Buffer[] {
  const { version, endpoints, nodes } = JSON.parse(encodeRecord(node)) as {
    version: string;
    endpoints: unknown;
    nodes: [{ metadata: unknown }];
  };
  const json = JSON.stringify({
    Metadata: nodes[0].metadata,
    Service: node.service,
    Version: version,
    Endpoints: endpoints,
    Id: id,
    Address: address,
  });
  const hex = Buffer.from(deflateSync(json).toString('hex'), 'latin1');
  const strings: Buffer[] = [];
  for (let at = 0; at < hex.length; at += stringBytes)
    strings.push(hex.subarray(at, at + stringBytes));
  return strings;
}

/**
 * The node that a TXT record tells of.
 * @param found what the other records say: the address, and how an id is read from the node's name.
 * @throws Error for everything that is not such a record, or inflates to more than 1 MiB.
 */
export function decodeTxt(
  strings: readonly (Buffer | string)[],
  found: { readonly address: string; idIn(service: string): string | undefined },
): Node {
  const hex = strings.map(String).join('');
  if (hex === '' || !/^(?:[0-9a-f]{2})+$/i.test(hex)) throw new Error('not hexadecimal');
  const limit = { maxOutputLength: inflatedBytes };
  const json: unknown = JSON.parse(inflateSync(Buffer.from(hex, 'hex'), limit).toString());
  if (typeof json !== 'object' || json === null) throw new Error('not an object');
  const text = json as Readonly<Record<string, unknown>>;
  const service = String(text['Service']);
  const idByName = found.idIn(service);
  if (idByName === undefined) throw new Error('its name is not that of its service');
  // The one reader of records checks the rest.
  const record = {
    name: text['Service'],
    version: text['Version'],
    endpoints: text['Endpoints'],
    nodes: [
      {
        id: text['Id'] ?? idByName,
        address: text['Address'] ?? found.address,
        metadata: text['Metadata'],
      },
    ],
  };
  const [node] = decodeRecord(JSON.stringify(record));
  if (node === undefined) throw new Error('no node');
  return node;
}
