import type { Output } from '../output.ts';
import type { Measured } from './load.ts';

/** What was measured of what. */
export interface Bench extends Measured {
  readonly service: string;
  readonly endpoint: string;
  readonly concurrency: number;
  readonly rate?: number | undefined;
}

/** The result as data and as text. It has failed if no call was answered. */
export function resultOf({ tally, elapsed, ...about }: Bench): Output {
  const { latencies, answered, errors, nodes } = tally;
  const ms = (value: number): number => Math.round(value * 1_000) / 1_000;
  const latency = {
    p50: ms(latencies.quantile(0.5)),
    p90: ms(latencies.quantile(0.9)),
    p99: ms(latencies.quantile(0.99)),
    max: ms(latencies.max),
    mean: ms(latencies.mean),
  };
  const data = {
    ...about,
    seconds: ms(elapsed / 1_000),
    calls: latencies.count + tally.failures,
    per_second: elapsed === 0 ? 0 : Math.round((answered / elapsed) * 10_000) / 10,
    latency,
    errors: Object.fromEntries([...errors].map(([code, { count }]) => [code, count])),
    nodes: Object.fromEntries([...nodes].sort()),
  };
  const rows: (readonly [string, string])[] = [
    ['calls', `${count(data.calls)} in ${(elapsed / 1_000).toFixed(1)} s, ${loadOf(about)}`],
    ['answered', `${count(data.per_second)} a second`],
    [
      'latency',
      Object.entries(latency)
        .map(([name, value]) => `${name} ${value} ms`)
        .join('   '),
    ],
    ...[...errors].map(
      ([code, error]) => ['failed', `${code} ${count(error.count)}: ${error.example}`] as const,
    ),
    ...[...nodes]
      .sort()
      .map(([id, calls]) => ['node', `${id}  ${share(calls, latencies.count)}`] as const),
  ];
  const text = rows.map(([name, value]) => `${name.padEnd(9)} ${value}`).join('\n');
  return {
    data,
    text,
    table: { columns: ['figure', 'value'], rows },
    failed: latencies.count === 0,
  };
}

const count = (value: number): string => value.toLocaleString('en');

const share = (part: number, all: number): string => `${((part / all) * 100).toFixed(1)} %`;

const loadOf = ({ concurrency, rate }: Pick<Bench, 'concurrency' | 'rate'>): string =>
  rate === undefined
    ? `${concurrency} at once`
    : `${rate} a second asked for, ${concurrency} at once at most`;
