// Counts of durations, in steps of 1 µs up to 1 s: adding one costs nothing worth measuring.
const step = 0.001;
const steps = 1_000_000;

export class Latencies {
  #counts = new Uint32Array(steps);
  #total = 0;

  /** @param duration in ms */
  add(duration) {
    this.#counts[Math.min(steps - 1, Math.floor(duration / step))]++;
    this.#total++;
  }

  /** Half of them, and 99 of 100, were not longer than this, in ms. */
  summary() {
    return { p50: this.#quantile(0.5), p99: this.#quantile(0.99) };
  }

  #quantile(share) {
    let left = this.#total * share;
    const at = this.#counts.findIndex((count) => (left -= count) <= 0);
    return Number((Math.max(at, 0) * step + step).toFixed(3));
  }
}
