// One measurement of one contender, and what is made of several.
import { after } from './processes.mjs';

/** How long, in ms, a contender runs before its first and before its other measurements. */
const warmUp = { first: 3_000, later: 500 };

/** CPU of all processes, calls and latencies during a window in which nothing else runs here. */
export async function cpuOfWindow({ client, workers, rounds }, inFlight, ms) {
  await client.ask('run', { inFlight });
  await after(rounds.length === 0 ? warmUp.first : warmUp.later);
  const mark = () => Promise.all(workers.map((worker) => worker.ask('mark')));
  const before = await mark();
  await after(ms);
  const then = await mark();
  await client.ask('stop');
  const calls = then[0].calls - before[0].calls;
  const cpu = then.reduce((sum, { cpuUs }, at) => sum + cpuUs - before[at].cpuUs, 0);
  return {
    cpuUs: cpu / calls,
    callsPerSec: calls / ((then[0].at - before[0].at) / 1_000),
    p50: then[0].p50,
    p99: then[0].p99,
    rssMb: then.at(-1).rss / 2 ** 20,
  };
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
