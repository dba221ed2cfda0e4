import { createHash } from 'node:crypto';
import type { Msg } from '@nats-io/transport-node';

/** Which record of a node is meant, and how long it holds; go-micro's nodes tell neither. */
export interface Mark {
  readonly revision: string;
  /** In ms from now. */
  readonly ttl: number;
}

/** A node is as it was, and lives. */
export interface Heartbeat extends Mark {
  readonly id: string;
  readonly service: string;
}

/** Who answers, and how many of its answers to the same question are still to come. */
export interface Part {
  readonly from: string;
  readonly left: number;
}

const [revisionName, ttlName] = ['Micro-Revision', 'Micro-Ttl'];
const [fromName, leftName] = ['Micro-From', 'Micro-Left'];

/** Equal records have equal revisions. */
export const revisionOf = (record: string): string =>
  createHash('sha1').update(record).digest('base64url').slice(0, 16);

/** The mark stands in the headers of a message, where go-micro does not look. */
export const markHeaders = ({ revision, ttl }: Mark): Record<string, string> => ({
  [revisionName]: revision,
  [ttlName]: String(Math.max(1, Math.ceil(ttl))),
});

export const partHeaders = ({ from, left }: Part): Record<string, string> => ({
  [fromName]: from,
  [leftName]: String(left),
});

/** `undefined` for answers of go-micro. */
export function readPart({ headers }: Msg): Part | undefined {
  const from = headers?.get(fromName) ?? '';
  const left = Number(headers?.get(leftName));
  return from !== '' && Number.isInteger(left) ? { from, left } : undefined;
}

/** `undefined` for nodes of go-micro. */
export function readMark({ headers }: Msg): Mark | undefined {
  if (headers === undefined) return undefined;
  const revision = headers.get(revisionName);
  const ttl = Number(headers.get(ttlName));
  return revision !== '' && isTtl(ttl) ? { revision, ttl } : undefined;
}

export const encodeHeartbeat = ({ id, service, revision, ttl }: Heartbeat): string =>
  JSON.stringify({ id, service, revision, ttl: Math.ceil(ttl) });

/** `undefined` for what is none. */
export function decodeHeartbeat(text: string): Heartbeat | undefined {
  try {
    const { id, service, revision, ttl } = JSON.parse(text) as Partial<Heartbeat>;
    if (typeof id !== 'string' || typeof service !== 'string') return undefined;
    if (typeof revision !== 'string' || !isTtl(ttl)) return undefined;
    return { id, service, revision, ttl };
  } catch {
    return undefined;
  }
}

const isTtl = (ttl: unknown): ttl is number =>
  typeof ttl === 'number' && ttl > 0 && Number.isFinite(ttl);
