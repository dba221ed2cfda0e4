// One measurement of one contender, and what is made of several.
import { after } from './processes.mjs';

/** How long, in ms, a contender runs before its first and before its other measurements. */
const warmUp = { first: 3_000, later: 500 };
/** On a busy machine the first one goes on until so many are done, and so many ms at most. */
const warm = { calls: 30_000, patience: 12_000 };

/**
 * CPU of the processes that count, which are all unless it is said, calls and latencies during a window in which nothing else runs here.
 * @param serverCpuUs tells what the server between them has used so far, where there is one
 */
export async function cpuOfWindow(contender, inFlight, ms) {
  const { client, workers, counted = workers, rounds, serverCpuUs } = contender;
  await client.ask('run', { inFlight });
  const mark = () => Promise.all(workers.map((worker) => worker.ask('mark')));
  const began = performance.now();
  await after(rounds.length === 0 ? warmUp.first : warmUp.later);
  while (rounds.length === 0 && performance.now() - began < warm.patience) {
    if ((await mark()).some(({ calls = 0 }) => calls >= warm.calls)) break;
    await after(250);
  }
  const before = await mark();
  const serverBefore = serverCpuUs?.();
  await after(ms);
  const then = await mark();
  const serverThen = serverCpuUs?.();
  await client.ask('stop');
  const counts = then.findIndex((reading) => reading.calls !== undefined);
  const [first, last] = [before[counts], then[counts]];
  const calls = last.calls - first.calls;
  const cpu = then
    .map(({ cpuUs }, at) => (counted.includes(workers[at]) ? cpuUs - before[at].cpuUs : 0))
    .reduce((sum, used) => sum + used, 0);
  return {
    cpuUs: cpu / calls,
    ...(serverThen !== undefined && { serverCpuUs: (serverThen - serverBefore) / calls }),
    callsPerSec: calls / ((last.at - first.at) / 1_000),
    p50: last.p50,
    p99: last.p99,
    rssMb: then.at(-1).rss / 2 ** 20,
    ...(then[0].lost !== undefined && { lost: then[0].lost - before[0].lost }),
  };
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
