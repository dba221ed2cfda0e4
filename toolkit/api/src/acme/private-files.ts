import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Files that only their owner reads, and that are there whole or not at all. */

/** The text of a file; `undefined` if there is none. */
export async function readPrivate(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Writes a file in place of what was there. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const fresh = await writeBeside(path, text);
  await rename(fresh, path).catch((error: unknown) => removePrivate(fresh).then(() => fail(error)));
}

/** Writes a file unless there is one. @returns whether this one is there now */
export async function createPrivate(path: string, text: string): Promise<boolean> {
  const fresh = await writeBeside(path, text);
  try {
    await link(fresh, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await removePrivate(fresh);
  }
}

/** Removes a file; none is fine. */
export async function removePrivate(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => (isMissing(error) ? undefined : fail(error)));
}

async function writeBeside(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${randomUUID()}.new`;
  const file = await open(fresh, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  return fresh;
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

const fail = (error: unknown): never => {
  throw error;
};
