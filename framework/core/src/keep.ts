import { closable } from '@micro-ts/interface';
import type { Closable } from '@micro-ts/interface';

/** Told on each change: that it is up, or that it is down and why. */
export type KeepListener = (up: boolean, reason?: unknown) => void;

/** Something that {@link keep} keeps open. */
export interface Kept extends Closable {
  /** Resolves when the first attempt to open it has ended, well or not. */
  readonly tried: Promise<void>;
}

/** Pause before attempt `n` in ms: full jitter under 50 ms doubled each time, at most 1 s. */
export const backOff = (attempt: number, most = 1_000): number =>
  Math.random() * Math.min(most, 50 * 2 ** Math.min(attempt, 20));

/**
 * Keeps one thing open until it is closed: opens it, waits until it is lost, opens it again. All
 * reconnecting, resubscribing and rewatching of Micro is this loop.
 */
export function keep(open: () => Promise<Closable>, told: KeepListener): Kept {
  const stop = new AbortController();
  const stopped = (): boolean => stop.signal.aborted;
  let current: Closable | undefined;
  let up: boolean | undefined;
  let tried!: () => void;
  const first = new Promise<void>((resolve) => (tried = resolve));
  const tell = (now: boolean, reason?: unknown): void => {
    if (up === now || stopped()) return;
    up = now;
    told(now, reason);
  };
  const loop = async (): Promise<void> => {
    for (let attempt = 0; !stopped(); attempt++) {
      try {
        current = await open();
        const since = performance.now();
        tell(true);
        tried();
        if (stopped()) break;
        tell(false, await current.closed);
        if (performance.now() - since > 1_000) attempt = 0;
      } catch (reason) {
        tell(false, reason);
        tried();
      }
      if (!stopped()) await pause(backOff(attempt), stop.signal);
    }
  };
  const ended = loop();
  const end = closable(async () => {
    stop.abort();
    await current?.close();
    await ended;
    await current?.close();
    tried();
  });
  return { closed: end.closed, close: end.close, tried: first };
}

/** Sleeps for `ms`, or until the signal aborts. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}
