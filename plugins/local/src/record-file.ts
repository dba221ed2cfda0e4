import type { Node } from '@micro-ts/interface';
import { decodeRecord } from '@micro-ts/wire';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** No links, and no waiting for the writer of a pipe. Windows knows neither. */
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * The nodes of a record's file; `undefined` if it is gone, as it may be at any time.
 * @param limit its most bytes.
 * @throws if it is no file, or holds no record.
 */
export async function readRecord(
  path: string,
  limit: number,
): Promise<readonly Node[] | undefined> {
  const file = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error('not a file');
    if (found.size > limit) throw new Error(`larger than ${limit} bytes`);
    return decodeRecord(await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}
