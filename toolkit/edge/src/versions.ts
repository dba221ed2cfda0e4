const numbers = (version: string): readonly number[] =>
  (/^v?\d+(\.\d+)*/.exec(version)?.[0] ?? '').replace('v', '').split('.').map(Number);

/**
 * Orders versions, the older first: `1.9.0` < `1.10.0-rc.1` < `1.10.0`. What does not begin with a
 * number comes before all that do, in alphabetical order.
 */
export function compareVersions(a: string, b: string): number {
  const [ofA, ofB] = [numbers(a), numbers(b)];
  const known = Number(/^v?\d/.test(a)) - Number(/^v?\d/.test(b));
  if (known !== 0) return known;
  for (let at = 0; at < Math.max(ofA.length, ofB.length); at++) {
    const difference = (ofA[at] ?? 0) - (ofB[at] ?? 0);
    if (difference !== 0) return difference;
  }
  const released = Number(b.includes('-')) - Number(a.includes('-'));
  if (released !== 0) return released;
  return a < b ? -1 : Number(a > b);
}

/** The major number of a version: 1 for `1.4.2` and `v1`; `undefined` if it has none. */
export function majorOf(version: string): number | undefined {
  const [, major] = /^v?(\d{1,9})(?![\d])/.exec(version) ?? [];
  return major === undefined ? undefined : Number(major);
}
