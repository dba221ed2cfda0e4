const milliseconds: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/**
 * Milliseconds of a duration as Go writes it (`time.ParseDuration`): `500ms`, `1.5s`, `1m30s`.
 * `undefined` for anything else, negative ones included.
 * @param unit of a bare number, in ms
 */
export function parseDuration(text: string, unit: number): number | undefined {
  if (/^(\d+(\.\d*)?|\.\d+)$/.test(text)) return Number(text) * unit;
  let total = 0;
  let at = 0;
  while (at < text.length) {
    part.lastIndex = at;
    const found = part.exec(text);
    if (found === null) return undefined;
    total += Number(found[1]) * (milliseconds[found[2] ?? ''] ?? NaN);
    at = part.lastIndex;
  }
  return at === 0 ? undefined : total;
}
