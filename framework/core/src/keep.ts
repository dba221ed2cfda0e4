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
 * reconnecting, resubscribing and rewatching of Micro is this loop.
 */
export function keep(open: () => Promise<Closable>, told: KeepListener): Kept {
  const stop = new AbortController();
  const stopped = (): boolean => stop.signal.aborted;
  let current: Closable | undefined;
  let up: boolean | undefined;
  const first = attemptOnce();
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
        first.ended();
        if (stopped()) break;
        tell(false, await current.closed);
        if (performance.now() - since > 1_000) attempt = 0;
      } catch (reason) {
        tell(false, reason);
        if (!first.ended(reason)) break;
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
    first.ended();
  });
  return { closed: end.closed, close: end.close, tried: first.tried };
}

/** The end of a first attempt, for {@link Kept.tried}. */
export function attemptOnce(): {
  readonly tried: Promise<void>;
  /** @returns false if there is no use in going on */
  ended(reason?: unknown): boolean;
} {
  let settle!: (work: Promise<void>) => void;
  const tried = new Promise<void>((resolve) => (settle = resolve));
  tried.catch(() => undefined);
  let first = true;
  const ended = (reason?: unknown): boolean => {
    const hopeless = first && reason instanceof ConfigError;
    first = false;
    settle(hopeless ? Promise.reject(reason) : Promise.resolve());
    return !hopeless;
  };
  return { tried, ended };
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
