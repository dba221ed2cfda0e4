import { lstat } from 'node:fs/promises';
import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import type { Folder } from './folder.ts';

/** Whom to tell of a folder. */
export interface Follower {
  /** Something may have changed. When it rejects, it is told again. */
  changed(): Promise<void>;
  /** The folder is not there any more, or is another one. Told once. */
  gone(): void;
}

/** Between two looks at the folder's time of change, in ms. */
const period = 250;

/**
 * Tells when files come to a folder or leave it, until it is stopped. It listens to the system, which
 * tells within a millisecond, and looks by itself as well: the number of listeners that a system has
 * is small, and some file systems tell nothing. It keeps no process running.
 */
export function follow(folder: Folder, { changed, gone }: Follower): () => void {
  let stopped = false;
  let seen: bigint | undefined;
  let settled = false;
  const tell = (): void => void changed().catch(() => (settled = false));
  const stop = (): void => {
    stopped = true;
    clearInterval(timer);
    events?.close();
  };
  const look = async (): Promise<void> => {
    const intact = await folder.intact();
    const found = await lstat(folder.path, { bigint: true }).catch(() => undefined);
    if (stopped) return;
    if (!intact || found === undefined) {
      stop();
      return gone();
    }
    // The clock of a file system is coarse: a change just after a look may leave the time as it was.
    // So the look after a change counts as another change.
    const same = found.mtimeNs === seen;
    if (!same || !settled) tell();
    settled = same;
    seen = found.mtimeNs;
  };
  const timer = setInterval(() => void look(), period).unref();
  const events = listen(folder.path, tell);
  return stop;
}

/** Events for records that come or go; `undefined` where there are none to be had. */
function listen(path: string, tell: () => void): FSWatcher | undefined {
  try {
    const events = watch(path, { persistent: false }, (event, name) => {
      if (event === 'rename' && (name === null || name.endsWith('.json'))) tell();
    });
    return events.on('error', () => events.close());
  } catch {
    return undefined; // Out of inotify instances, mostly.
  }
}
