import { ConfigError } from '@micro-ts/interface';
import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';

/** The folder of this user: `micro-<uid>` in the temporary folder. */
export function defaultFolder(): string {
  return join(tmpdir(), `micro-${process.getuid?.() ?? userInfo().username}`);
}

/** A folder that was looked at. */
export interface Folder {
  readonly path: string;
  /** True while it is still the same one. Sockets and watches in a folder that was removed are lost. */
  intact(): Promise<boolean>;
}

/**
 * Makes the folder unless it is there, and sees to it that nobody else can enter it. The temporary
 * folder is everybody's: another user may have made it first, or put a link there.
 * @throws ConfigError if it is not this user's alone.
 */
export async function claimFolder(path: string): Promise<Folder> {
  const refuse = (problem: string, fix: string): never => {
    throw new ConfigError('local.folder', `${path} ${problem}`, fix);
  };
  const another = 'Set the option `folder` to a folder of your own.';
  await make(path).catch((error: NodeJS.ErrnoException) => {
    // `EEXIST` is told of what is there and no folder; what it is stands below.
    if (error.code !== 'EEXIST') refuse(`cannot be made (${error.code})`, another);
  });
  const found = await lstat(path, { bigint: true });
  if (!found.isDirectory()) refuse('is not a folder', `Remove it: rm ${path}`);
  const uid = process.getuid?.();
  if (uid !== undefined) {
    if (found.uid !== BigInt(uid)) refuse(`belongs to the user ${found.uid}`, another);
    const mode = (Number(found.mode) & 0o777).toString(8).padStart(4, '0');
    if ((found.mode & 0o077n) !== 0n)
      refuse(`is open to others (mode ${mode})`, `Close it: chmod 700 ${path}`);
  }
  const intact = async (): Promise<boolean> => {
    const now = await lstat(path, { bigint: true }).catch(() => undefined);
    return now !== undefined && now.ino === found.ino && now.dev === found.dev;
  };
  return { path, intact };
}

/** As `mkdir` makes folders with `recursive`, which never ends where nothing can be made, as in `/proc`. */
async function make(path: string): Promise<void> {
  const mode = 0o700;
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await make(dirname(path)).catch((above: unknown) => {
      if (codeOf(above) !== 'EEXIST') throw above;
    });
    await mkdir(path, { mode });
  }
}

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;
