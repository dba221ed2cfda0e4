/** Buckets to a doubling, so that a figure is right within 12 %. */
const steps = 8;
const bucketCount = 26 * steps;
/** Bucket of each number of microseconds below 2^11, so that the common case is one look. */
const small = Uint8Array.from({ length: 2048 }, (_, us) => bucketOf(us));

function bucketOf(us: number): number {
  if (us < 1) return 0;
  return Math.min(bucketCount - 1, Math.floor(Math.log2(us) * steps));
}

/** Upper bound of a bucket, in ms. */
const upper = (bucket: number): number => 2 ** ((bucket + 1) / steps) / 1000;

/** A logarithmic histogram of durations from 1 µs to one minute. Adding costs a few nanoseconds. */
export class Histogram {
  readonly #counts = new Float64Array(bucketCount);
  #count = 0;
  #sum = 0;
  #max = 0;

  add(ms: number): void {
    const us = ms * 1000;
    const bucket = us < 2048 ? (small[us | 0] as number) : bucketOf(us);
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count++;
    this.#sum += ms;
    if (ms > this.#max) this.#max = ms;
  }

  /** The duration that `share` (0 to 1) of all stay below, in ms; 0 if there are none. */
  quantile(share: number): number {
    const wanted = Math.ceil(share * this.#count);
    let seen = 0;
    for (let bucket = 0; bucket < bucketCount && wanted > 0; bucket++) {
      seen += this.#counts[bucket] as number;
      if (seen >= wanted) return Math.min(upper(bucket), this.#max);
    }
    return this.#max;
  }

  /** All of it as plain data; durations in ms. `buckets` are the filled ones, by upper bound. */
  snapshot(): HistogramSnapshot {
    const buckets: [number, number][] = [];
    this.#counts.forEach((count, bucket) => {
      if (count > 0) buckets.push([upper(bucket), count]);
    });
    return {
      count: this.#count,
      sum: this.#sum,
      max: this.#max,
      p50: this.quantile(0.5),
      p99: this.quantile(0.99),
      buckets,
    };
  }
}

/** What {@link Histogram.snapshot} gives. */
export interface HistogramSnapshot {
  readonly count: number;
  readonly sum: number;
  readonly max: number;
  readonly p50: number;
  readonly p99: number;
  readonly buckets: readonly (readonly [upperMs: number, count: number])[];
}
