import { createHistogram } from 'node:perf_hooks';

/** Answers by the first digit of their status. */
interface StatusClasses {
  '2xx': number;
  '3xx': number;
  '4xx': number;
  '5xx': number;
}

/** What happened in some time. */
export interface RequestWindow {
  /** When it began, in ms since 1970. */
  readonly since: number;
  total: number;
  readonly classes: StatusClasses;
}

/** Length of a window, in ms, and how many are kept. */
const windowLength = 5_000;
const mostWindows = 24;

const newWindow = (): RequestWindow => ({
  since: Date.now(),
  total: 0,
  classes: { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 },
});

/** Counts requests: since the start, and in windows of five seconds of the last two minutes. */
export class RequestCounters {
  /** Since the start. */
  readonly all = newWindow();
  readonly #began = performance.now();
  inFlight = 0;
  /** Milliseconds that answers took, all together. */
  milliseconds = 0;
  /** In microseconds. */
  readonly #latency = createHistogram();
  readonly #windows = [newWindow()];
  readonly #timer = setInterval(() => this.#turn(), windowLength).unref();

  begin(): void {
    this.inFlight++;
  }

  /** @param took ms; `undefined` for answers that go on for as long as they like */
  end(status: number, took: number | undefined): void {
    this.inFlight--;
    const name = classOf(status);
    for (const each of [this.all, this.#windows.at(-1) as RequestWindow]) {
      each.total++;
      each.classes[name]++;
    }
    if (took === undefined) return;
    this.milliseconds += took;
    this.#latency.record(Math.max(1, Math.round(took * 1_000)));
  }

  /** Milliseconds since the start. */
  get uptime(): number {
    return performance.now() - this.#began;
  }

  /** The oldest first; the last one goes on. */
  get windows(): readonly RequestWindow[] {
    return this.#windows;
  }

  /** How many answers have been timed. */
  get timed(): number {
    return Number(this.#latency.count);
  }

  /** The time in ms that `share` (0 to 1) of all answers stay below; 0 if there are none. */
  quantile(share: number): number {
    return this.timed === 0 ? 0 : this.#latency.percentile(share * 100) / 1_000;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #turn(): void {
    this.#windows.push(newWindow());
    if (this.#windows.length > mostWindows) this.#windows.shift();
  }
}

function classOf(status: number): keyof StatusClasses {
  if (status < 300) return '2xx';
  if (status < 400) return '3xx';
  return status < 500 ? '4xx' : '5xx';
}
