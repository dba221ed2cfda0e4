/** Buckets to a doubling: a figure is right within 1.1 %. */
const steps = 64;
/** From 1 µs to more than an hour. */
const bucketCount = 32 * steps;

/** A histogram of durations, however many there are. */
export class Latencies {
  readonly #counts = new Float64Array(bucketCount);
  count = 0;
  max = 0;
  #sum = 0;

  add(ms: number): void {
    const us = ms * 1_000;
    const bucket = us <= 1 ? 0 : Math.min(bucketCount - 1, Math.floor(Math.log2(us) * steps));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.count++;
    this.#sum += ms;
    this.max = Math.max(this.max, ms);
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.#sum / this.count;
  }

  /** The duration below which `share` (0 to 1) of all stay, in ms; 0 if there are none. */
  quantile(share: number): number {
    const wanted = Math.ceil(share * this.count);
    let seen = 0;
    for (let bucket = 0; bucket < bucketCount && wanted > 0; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= wanted) return Math.min(2 ** ((bucket + 1) / steps) / 1_000, this.max);
    }
    return this.max;
  }
}
