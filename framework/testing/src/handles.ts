import { eventually, same } from './expect.ts';

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

/** Looks at the handles of this process now; the result fails while there are more than now. */
export function watchHandles(patience: number): () => Promise<void> {
  const before = count();
  return () =>
    eventually(() => {
      const more = [...count()].filter(([kind, now]) => now > (before.get(kind) ?? 0));
      same(more, [], 'After close() no socket, timer, file or process is left open.');
    }, patience);
}
