import type { DebugStats, EndpointFigures } from 'micro-ts';

/** What a node said of itself, and when, on the clock of `performance.now()`. */
export interface Sample {
  readonly at: number;
  readonly stats: DebugStats;
}

/** True for figures of a node: programs that are no Micro answer `Debug.Stats` as they answer anything. */
export const tellsFigures = (answer: unknown): answer is DebugStats =>
  ['started', 'memory'].every((name) => Number(Object(answer)[name]) > 0);

/** What a node did between two samples. */
export interface Figures {
  readonly callsPerSecond: number;
  readonly inFlight: number;
  /** Of all calls, 0 to 1. */
  readonly errorRate: number;
  /** In ms; 0 without calls. */
  readonly p50: number;
  readonly p99: number;
  /** 99th percentile of the event loop's delay since the node began, in ms. */
  readonly loop: number;
  /** Resident bytes. */
  readonly memory: number;
}

/** The difference of two samples; without an earlier one, all since the node began. */
export function figuresOf(now: Sample, before: Sample | undefined): Figures {
  const { stats } = now;
  // A counter that has fallen is that of another process.
  const same = before !== undefined && before.stats.started === stats.started;
  const earlier = same ? before.stats.endpoints : {};
  const seconds = same ? (now.at - before.at) / 1_000 : Math.max(1, stats.uptime);
  const counts = new Map<number, number>();
  let [calls, errors, inFlight] = [0, 0, 0];
  for (const [name, endpoint] of Object.entries(stats.endpoints ?? {})) {
    const last: EndpointFigures | undefined = earlier?.[name];
    calls += endpoint.calls - (last?.calls ?? 0);
    errors += sum(endpoint.errors) - sum(last?.errors);
    inFlight += endpoint.in_flight;
    for (const [upper, count] of endpoint.latency.buckets) add(counts, upper, count);
    for (const [upper, count] of last?.latency.buckets ?? []) add(counts, upper, -count);
  }
  return {
    callsPerSecond: seconds > 0 ? calls / seconds : 0,
    inFlight,
    errorRate: calls > 0 ? errors / calls : 0,
    p50: quantile(counts, 0.5),
    p99: quantile(counts, 0.99),
    loop: stats.event_loop?.p99 ?? 0,
    memory: stats.memory,
  };
}

const sum = (counts: Readonly<Record<string, number>> = {}): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);

const add = (counts: Map<number, number>, upper: number, count: number): void =>
  void counts.set(upper, (counts.get(upper) ?? 0) + count);

function quantile(counts: ReadonlyMap<number, number>, share: number): number {
  const filled = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  const wanted = share * filled.reduce((all, [, count]) => all + count, 0);
  let seen = 0;
  for (const [upper, count] of filled) if ((seen += count) >= wanted) return upper;
  return 0;
}
