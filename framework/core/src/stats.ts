import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { IntervalHistogram } from 'node:perf_hooks';
import type { ErrorCode } from '@micro-ts/interface';
import { Histogram } from './histogram.ts';
import type { HistogramSnapshot } from './histogram.ts';

/** Counters of one endpoint, on the side that serves it. */
export class EndpointStats {
  calls = 0;
  inFlight = 0;
  readonly latency = new Histogram();
  readonly errors = new Map<ErrorCode, number>();

  /** @returns when it began, on the clock of `performance.now()`. */
  begin(): number {
    this.calls++;
    this.inFlight++;
    return performance.now();
  }

  end(began: number, code?: ErrorCode): void {
    this.inFlight--;
    this.latency.add(performance.now() - began);
    if (code !== undefined) this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  snapshot(): EndpointFigures {
    return {
      calls: this.calls,
      in_flight: this.inFlight,
      errors: Object.fromEntries(this.errors),
      latency: this.latency.snapshot(),
    };
  }
}

/** What is told of one endpoint. */
export interface EndpointFigures {
  readonly calls: number;
  readonly in_flight: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly latency: HistogramSnapshot;
}

/** How often it is looked at, in ms. */
const resolution = 20;
/** Node counts the pause between two looks as delay. */
const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution);

/** How late the event loop is, in ms, since it was first asked for. Measured from then on. */
export class LoopDelay {
  #monitor: IntervalHistogram | undefined;

  start(): void {
    this.#monitor ??= monitorEventLoopDelay({ resolution });
    this.#monitor.enable();
  }

  stop(): void {
    this.#monitor?.disable();
  }

  snapshot(): { readonly mean: number; readonly p99: number; readonly max: number } {
    const monitor = this.#monitor;
    if (monitor === undefined || monitor.count === 0) return { mean: 0, p99: 0, max: 0 };
    const [mean, p99, max] = [monitor.mean, monitor.percentile(99), monitor.max];
    return { mean: late(mean), p99: late(p99), max: late(max) };
  }
}
