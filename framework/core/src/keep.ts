import { closable, ConfigError } from '@micro-ts/interface';
import type { Closable } from '@micro-ts/interface';

/** Told on each change: that it is up, or that it is down and why. */
export type KeepListener = (up: boolean, reason?: unknown) => void;

/** Something that {@link keep} keeps open. */
export interface Kept extends Closable {
  /**
   * Resolves when the first attempt to open it has ended, well or not. Rejects with the `ConfigError`
   * that it failed with, if it did: what is configured wrongly is not tried again.
   */
  readonly tried: Promise<void>;
}

/** Pause before attempt `n` in ms: full jitter under 50 ms doubled each time, at most 1 s. */
export const backOff = (attempt: number, most = 1_000): number =>
  Math.random() * Math.min(most, 50 * 2 ** Math.min(attempt, 20));

/**
 * Keeps one thing open until it is closed: opens it, waits until it is lost, opens it again. All
 * reconnecting, resubscribing, rewatching and registering again of Micro is this loop.
 */
export function keep(open: () => Promise<Closable>, told: KeepListener): Kept {
  const stop = new AbortController();
  const stopped = (): boolean => stop.signal.aborted;
  let current: Closable | undefined;
  let up: boolean | undefined;
  let tried!: (outcome?: Promise<never>) => void;
  const first = new Promise<void>((resolve) => (tried = resolve));
  first.catch(() => undefined);
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
        const hopeless = up === undefined && reason instanceof ConfigError;
        tell(false, reason);
        tried(hopeless ? Promise.reject(reason) : undefined);
        if (hopeless) break;
      }
      if (!stopped()) await pause(backOff(attempt), stop.signal);
    }
  };
  const ended = loop();
  const end = closable(async () => {
    stop.abort();
    tried();
    // What opens while it is being closed is closed too.
    await Promise.all([current?.close(), ended.then(() => current?.close())]);
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
