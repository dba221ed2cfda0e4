import { eventually, pause, same } from './expect.ts';
import { watchTimers } from './timers.ts';

/** Requests that pass by themselves and hold nothing; and timers, which are watched one by one. */
const passing = new Set([
  ...['Immediate', 'TickObject', 'TTYWrap', 'FSReqCallback', 'FSReqPromise'],
  'Timeout',
]);

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
 * Does work that closes all that it opens. Fails while there are more handles in this process than
 * before, or a timer runs that the work has set, for longer than `patience` ms.
 */
export async function leavingNothing(patience: number, work: () => Promise<void>): Promise<void> {
  const [first, second] = [count(), await pause(settling).then(count)];
  const before = (kind: string): number => Math.min(first.get(kind) ?? 0, second.get(kind) ?? 0);
  const timers = watchTimers();
  try {
    await timers.run(work);
    await eventually(async () => {
      same(await timers.left(), [], "After close() no timer runs, also none that is unref'd.");
      const more = [...count()].filter(([kind, now]) => now > before(kind));
      same(more, [], 'After close() no socket, file or process is left open.');
    }, patience);
  } finally {
    timers.end();
  }
}
