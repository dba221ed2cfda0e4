import { setTimeout as sleep } from 'node:timers/promises';
import { closable, ConfigError, MicroError } from '@micro-ts/interface';
import type { Closable } from '@micro-ts/interface';

/** Told that it is up, once, or that it is down and why: after each attempt that failed. */
export type KeepListener = (up: boolean, reason?: unknown) => void;

/** Something that {@link keep} keeps open. */
export interface Kept extends Closable {
  /**
   * Resolves when the first attempt to open it has ended, well or not. Rejects with what it failed
   * with if that is hopeless; then it is not tried again, and whoever keeps it was not told.
   */
  readonly tried: Promise<void>;
}

/** Pause before attempt `n` in ms: full jitter under 50 ms doubled each time, at most 1 s. */
export const backOff = (attempt: number, most = 1_000): number =>
  Math.random() * Math.min(most, 50 * 2 ** Math.min(attempt, 20));

/** A server may lock whoever is denied too often. */
const isDenial = (reason: unknown): boolean =>
  reason instanceof MicroError && ['unauthenticated', 'permission_denied'].includes(reason.code);

/** No later attempt would end better: it is a mistake of the configuration, or of what is asked for. */
const isHopeless = (reason: unknown): boolean =>
  reason instanceof ConfigError ||
  isDenial(reason) ||
  (reason instanceof MicroError && ['invalid_argument', 'unimplemented'].includes(reason.code));

/**
 * Keeps one thing open until it is closed: opens it, waits until it is lost, opens it again. All
 * reconnecting, resubscribing, rewatching and registering again of Micro is this loop.
 * @param hopeless failures of the first attempt after which there is no second one
 */
export function keep(
  open: () => Promise<Closable>,
  told: KeepListener,
  hopeless = isHopeless,
): Kept {
  const stop = new AbortController();
  const stopped = (): boolean => stop.signal.aborted;
  let current: Closable | undefined;
  let up: boolean | undefined;
  let tried!: (outcome?: Promise<never>) => void;
  const first = new Promise<void>((resolve) => (tried = resolve));
  first.catch(() => undefined);
  const tell = (now: boolean, reason?: unknown): void => {
    if ((up === true && now) || stopped()) return;
    up = now;
    told(now, reason);
  };
  const loop = async (): Promise<void> => {
    let reason: unknown;
    for (let attempt = 0; !stopped(); attempt++) {
      try {
        current = await open();
        const since = performance.now();
        tell(true);
        tried();
        if (stopped()) break;
        tell(false, (reason = await current.closed));
        if (performance.now() - since > 1_000) attempt = 0;
      } catch (failure) {
        if (up === undefined && hopeless(failure)) return tried(Promise.reject(failure));
        tell(false, (reason = failure));
        tried();
      }
      const ms = isDenial(reason) ? backOff(attempt + 6, 30_000) : backOff(attempt);
      await sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined);
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
