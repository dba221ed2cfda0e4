import { MicroError } from '@micro-ts/interface';
import type { IKeyValue } from 'etcd3';
import type { EtcdLink } from './link.ts';

/** Records that are asked for at once. */
const page = 1_000;

/** The keys that begin so, which end before what it returns. The last byte of a prefix is a slash. */
export function rangeOf(prefix: string): { readonly key: Buffer; readonly range_end: Buffer } {
  const key = Buffer.from(prefix);
  const range_end = Buffer.from(key);
  range_end[range_end.length - 1] = 0x30; // what comes after a slash
  return { key, range_end };
}

/**
 * Reads all that begins so, page by page; smaller pages where they are too large for one answer.
 * @returns the revision at which it began: what changes after it may be missing, or there already
 */
export async function readAll(
  link: EtcdLink,
  prefix: string,
  each: (kv: IKeyValue) => void,
): Promise<string> {
  const { key: first, range_end } = rangeOf(prefix);
  let key = first;
  let limit = page;
  let revision: string | undefined;
  for (;;) {
    try {
      const request = { key, range_end, limit };
      const { kvs, more, header } = await link.call(({ kv }) => kv.range(request));
      revision ??= header.revision;
      for (const kv of kvs) each(kv);
      const last = kvs.at(-1);
      if (!more || last === undefined) return revision;
      key = Buffer.concat([last.key, Buffer.of(0)]);
    } catch (error) {
      const large = error instanceof MicroError && error.code === 'resource_exhausted';
      if (!large || limit === 1) throw error;
      limit = Math.max(1, Math.floor(limit / 8));
    }
  }
}
