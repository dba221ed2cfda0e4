import type { RequestCounters, RequestWindow } from './request-counters.ts';

/** What is shown besides the counters. */
export interface Gauges {
  /** Streams and web sockets that are open. */
  readonly streams: number;
}

/**
 * The answer of `/stats`: the fields that it has had since 2016 (`counters` are windows of five
 * seconds, `memory` is a text), and `requests` since the start, with `latency` in ms.
 */
export function statsJson(counters: RequestCounters, { streams }: Gauges): Record<string, unknown> {
  const { all, inFlight } = counters;
  const latency = { p50: counters.quantile(0.5), p90: counters.quantile(0.9) };
  return {
    started: Math.floor(all.since / 1_000),
    uptime: Math.floor(counters.uptime / 1_000),
    memory: `${(process.memoryUsage.rss() / 1_048_576).toFixed(2)}mb`,
    threads: 1,
    requests: {
      ...{ total: all.total, in_flight: inFlight, ...all.classes },
      latency: { ...latency, p99: counters.quantile(0.99) },
    },
    streams,
    counters: counters.windows.map(windowJson),
  };
}

const windowJson = ({ since, total, classes }: RequestWindow): Record<string, unknown> => ({
  timestamp: Math.floor(since / 1_000),
  status_codes: {
    '20x': classes['2xx'],
    '30x': classes['3xx'],
    '40x': classes['4xx'],
    '50x': classes['5xx'],
  },
  total_reqs: total,
});

/** The answer of `/metrics`, in Prometheus' text format. */
export function metricsText(counters: RequestCounters, { streams }: Gauges): string {
  const { all, inFlight, milliseconds } = counters;
  const classes = Object.entries(all.classes).map(([name, n]) => [`{class="${name}"}`, n] as const);
  const quantiles = [0.5, 0.9, 0.99].map(
    (share) => [`{quantile="${share}"}`, counters.quantile(share) / 1_000] as const,
  );
  const duration = 'micro_http_request_duration_seconds';
  return [
    family('micro_http_requests_total', 'counter', 'Answers by class of status.', classes),
    family('micro_http_requests_in_flight', 'gauge', 'Requests being answered.', [['', inFlight]]),
    family('micro_http_streams', 'gauge', 'Open streams and web sockets.', [['', streams]]),
    family(duration, 'summary', 'How long answers took.', quantiles),
    `${duration}_sum ${milliseconds / 1_000}\n${duration}_count ${counters.timed}\n`,
    family('process_start_time_seconds', 'gauge', 'When it started.', [['', all.since / 1_000]]),
    family('process_resident_memory_bytes', 'gauge', 'Resident memory.', [
      ['', process.memoryUsage.rss()],
    ]),
  ].join('');
}

const family = (
  name: string,
  type: string,
  about: string,
  samples: readonly (readonly [labels: string, value: number])[],
): string => {
  const lines = samples.map(([labels, value]) => `${name}${labels} ${value}\n`);
  return `# HELP ${name} ${about}\n# TYPE ${name} ${type}\n${lines.join('')}`;
};
