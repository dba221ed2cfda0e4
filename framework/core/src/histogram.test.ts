import { Histogram } from './histogram.ts';

describe('histogram', () => {
  it('knows quantiles within a bucket', () => {
    const histogram = new Histogram();
    for (let ms = 1; ms <= 1000; ms++) histogram.add(ms);
    const { count, sum, max, p50, p99 } = histogram.snapshot();
    expect([count, sum, max]).toEqual([1000, 500_500, 1000]);
    expect(p50 / 500).toBeGreaterThan(0.9);
    expect(p50 / 500).toBeLessThan(1.15);
    expect(p99 / 990).toBeGreaterThan(0.9);
    expect(p99 / 990).toBeLessThan(1.15);
  });

  it('takes anything from nothing to an hour', () => {
    const histogram = new Histogram();
    for (const ms of [0, 0.0004, 0.001, 2, 3_600_000]) histogram.add(ms);
    expect(histogram.snapshot().buckets.reduce((sum, [, count]) => sum + count, 0)).toBe(5);
    expect(histogram.quantile(1)).toBeLessThanOrEqual(3_600_000);
  });

  it('has zeros while it is empty', () => {
    expect(new Histogram().snapshot()).toMatchObject({ count: 0, p50: 0, p99: 0, buckets: [] });
  });
});
