import { decodeRecord, encodeRecord } from '@micro-ts/wire';
import { MicroError } from 'micro-ts';
import type { Node } from 'micro-ts';
import * as v from 'valibot';
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

/** All nodes. @throws MicroError `data_loss` where a gateway or another server answers */
export async function allNodes(sidecar: Sidecar): Promise<readonly Node[]> {
  try {
    return await nodesOf(sidecar, {});
  } catch (error) {
    // A gateway looks for a service `registry`; other servers have a page for what is not there.
    if (['not_found', 'unknown'].includes(MicroError.from(error).code)) throw noSidecar(error);
    throw error;
  }
}

const noSidecar = (cause?: unknown): MicroError =>
  new MicroError(
    'data_loss',
    'what answers is no sidecar: it does not list services. --proxy wants the address of micro sidecar',
    { cause },
  );

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
  if (!Array.isArray(records)) throw noSidecar();
  return records.flatMap((record) => decodeRecord(JSON.stringify(record)));
}

/** What a sidecar says of nodes that do not answer yet. */
const waitingAnswer = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ waiting: v.array(v.object({ reason: v.string() })) }),
);

/**
 * Has the sidecar keep a node registered, as soon as it answers there.
 * @param ttl in ms
 * @returns why it is not registered yet; `undefined` if it is
 */
export async function add(sidecar: Sidecar, node: Node, ttl?: number): Promise<string | undefined> {
  const query = { ttl: ttl === undefined ? undefined : `${Math.ceil(ttl)}ms` };
  const body = encodeRecord(node);
  const response = await sidecar.ask({
    method: 'POST',
    path: '/registry',
    query,
    headers: json,
    body,
  });
  const text = await readText(response);
  if (response.status !== 202) return undefined;
  const { success, output } = v.safeParse(waitingAnswer, text);
  return success
    ? output.waiting.map(({ reason }) => reason).join(', ')
    : 'the sidecar does not say for what';
}

export async function remove(sidecar: Sidecar, node: Node): Promise<void> {
  const body = encodeRecord(node);
  await sidecar.ask({ method: 'DELETE', path: '/registry', headers: json, body });
}
