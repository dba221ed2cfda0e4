import { setMaxListeners } from 'node:events';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { aborted } from '../aborted.ts';
import { Tally } from './tally.ts';

/** Makes one call; resolves with the id of the node that answered, where that is known. */
export type MakeCall = () => Promise<string | undefined>;

/** How calls are made. */
export interface LoadOptions {
  readonly concurrency: number;
  /** Calls a second; `undefined` for as many as are answered. */
  readonly rate?: number | undefined;
  /** How long calls are begun, in ms. */
  readonly duration: number;
  readonly signal: AbortSignal;
  /** Told now and then, with the ms since the beginning. */
  readonly progress: (tally: Tally, elapsed: number) => void;
}

/** What was measured, and for how long, in ms. */
export interface Measured {
  readonly tally: Tally;
  readonly elapsed: number;
}

/** How often progress is told, in ms. */
const interval = 500;
/**
 * Calls inside this process may never leave the turn of the event loop in which they were made. After
 * this many ms timers and signals have theirs.
 */
const longestTurn = 20;
/** Timers are this many ms late, at most: the rest is waited for in turns of the event loop. */
const slack = 2;

/**
 * Keeps calls in flight. At a rate, each call has a time at which it is due, and its latency counts
 * from then: what has to wait because others are slow is not left out. When the signal aborts, it
 * ends with what there is.
 */
export async function applyLoad(call: MakeCall, options: LoadOptions): Promise<Measured> {
  const { concurrency, rate, duration } = options;
  const signal = AbortSignal.any([options.signal]);
  setMaxListeners(0, signal); // each lane has one
  const tally = new Tally();
  const began = performance.now();
  const end = began + duration;
  let begun = 0;
  let stopped: number | undefined;
  const stop = (): void => void (stopped ??= performance.now());
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  let turned = began;
  let turning: Promise<void> | undefined;
  const lane = async (): Promise<void> => {
    for (;;) {
      if (performance.now() - turned > longestTurn)
        await (turning ??= turn().then(() => {
          turned = performance.now();
          turning = undefined;
        }));
      const due = rate === undefined ? performance.now() : began + (begun++ / rate) * 1_000;
      if (due >= end) return;
      await until(due, signal);
      if (stopped !== undefined) return;
      try {
        const node = await call();
        const now = performance.now();
        if (stopped === undefined) tally.succeeded(now - due, node, now <= end);
      } catch (error) {
        if (stopped === undefined) tally.failed(error);
        // What fails at once would leave no time for anything else.
        await turn();
      }
    }
  };
  const told = setInterval(() => options.progress(tally, performance.now() - began), interval);
  try {
    const lanes = Array.from({ length: concurrency }, lane);
    await Promise.race([Promise.all(lanes), aborted(signal)]);
  } finally {
    clearInterval(told);
  }
  return { tally, elapsed: Math.min(stopped ?? end, end) - began };
}

async function until(due: number, signal: AbortSignal): Promise<void> {
  const left = due - performance.now();
  if (left > slack) await wait(left - slack, undefined, { signal }).catch(() => undefined);
  while (performance.now() < due && !signal.aborted) await turn();
}
