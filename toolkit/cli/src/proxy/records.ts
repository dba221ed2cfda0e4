import { decodeRecord, encodeRecord } from '@micro-ts/wire';
import { MicroError } from 'micro-ts';
import type { Node } from 'micro-ts';
import { readText } from './sidecar.ts';
import type { Sidecar } from './sidecar.ts';

const json = { 'content-type': 'application/json' };

/** The nodes of a service; none if nobody knows it. */
export async function lookup(sidecar: Sidecar, service: string): Promise<readonly Node[]> {
  try {
    return await nodesOf(sidecar, { service });
  } catch (error) {
    if (MicroError.from(error).code === 'not_found') return [];
    throw error;
  }
}

/** All nodes. */
export const allNodes = (sidecar: Sidecar): Promise<readonly Node[]> => nodesOf(sidecar, {});

async function nodesOf(
  sidecar: Sidecar,
  query: Readonly<Record<string, string>>,
): Promise<readonly Node[]> {
  const response = await sidecar.ask({ method: 'GET', path: '/registry', query });
  return readRecords(await readText(response));
}

/** The nodes of a list of records. @throws MicroError `data_loss` if it is none */
export function readRecords(text: string): readonly Node[] {
  let records: unknown;
  try {
    records = JSON.parse(text);
  } catch {
    records = undefined;
  }
  if (!Array.isArray(records))
    throw new MicroError('data_loss', 'what answers is no sidecar: it does not list services');
  return records.flatMap((record) => decodeRecord(JSON.stringify(record)));
}

/** Has the sidecar keep a node registered. @param ttl in ms */
export async function add(sidecar: Sidecar, node: Node, ttl?: number): Promise<void> {
  const query = { ttl: ttl === undefined ? undefined : `${Math.ceil(ttl)}ms` };
  const body = encodeRecord(node);
  await sidecar.ask({ method: 'POST', path: '/registry', query, headers: json, body });
}

export async function remove(sidecar: Sidecar, node: Node): Promise<void> {
  const body = encodeRecord(node);
  await sidecar.ask({ method: 'DELETE', path: '/registry', headers: json, body });
}
