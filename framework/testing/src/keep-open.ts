import { setTimeout as pause } from 'node:timers/promises';
import { MicroError } from '@micro-ts/interface';
import type { Closable } from '@micro-ts/interface';

/** What {@link keepOpen} keeps. */
export interface KeptOpen {
  /** Resolves when it is closed, and is not opened any more. */
  close(): Promise<void>;
}

/** What every plugin says once it was closed: `redis is closed`. */
const isOver = (error: unknown): boolean =>
  error instanceof MicroError && error.refused && /^\S+ is closed$/.test(error.message);

/**
 * Opens a subscription or a watch, and opens it again whenever it is lost, as core does; until it is
 * closed, or the plugin.
 */
export async function keepOpen(open: () => Promise<Closable>): Promise<KeptOpen> {
  let closing = false;
  let current: Closable | undefined = await open();
  const again = async (): Promise<Closable | undefined> => {
    while (!closing) {
      try {
        return await open();
      } catch (error) {
        if (isOver(error)) return undefined;
      }
      await pause(50);
    }
    return undefined;
  };
  const keep = async (): Promise<void> => {
    while (current !== undefined) {
      await current.closed;
      current = await again();
      if (closing) await current?.close();
    }
  };
  const kept = keep();
  const close = async (): Promise<void> => {
    closing = true;
    await current?.close();
    await kept;
  };
  return { close };
}
