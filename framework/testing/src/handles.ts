import { eventually, pause, same } from './expect.ts';
import { watchTimers } from './timers.ts';

/** Requests that pass by themselves, and hold nothing. */
const passing = new Set(['Immediate', 'TickObject', 'TTYWrap', 'FSReqCallback', 'FSReqPromise']);

/** How many of each kind of handle keep this process alive now. */
function count(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (!passing.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** How long what earlier tests left may take to go, in ms: it must not hide what is left now. */
const settling = 60;

/**
 * Looks at the handles of this process now; the result fails while there are more than now, or while
 * a timer runs that was set since.
 */
export async function watchHandles(patience: number): Promise<() => Promise<void>> {
  const [first, second] = [count(), await pause(settling).then(count)];
  const before = (kind: string): number => Math.min(first.get(kind) ?? 0, second.get(kind) ?? 0);
  const timers = watchTimers();
  return async () => {
    try {
      await eventually(async () => {
        same(await timers.left(), [], "After close() no timer runs, also none that is unref'd.");
        const more = [...count()].filter(([kind, now]) => now > before(kind));
        same(more, [], 'After close() no socket, timer, file or process is left open.');
      }, patience);
    } finally {
      timers.end();
    }
  };
}
