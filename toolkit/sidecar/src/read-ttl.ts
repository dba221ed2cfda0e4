import { refusal } from '@micro-ts/edge';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** How long a record lives without its sidecar, unless it says otherwise, in ms. */
const usual = 30_000;
const shortest = 1_000;
const longest = 24 * 3_600_000;

/**
 * Milliseconds of `10s`, `500ms`, `1m30s`, or a bare number of seconds.
 * @throws MicroError `invalid_argument`
 */
export function readTtl(text: string | undefined): number {
  if (text === undefined || text === '') return usual;
  const parts = [...text.matchAll(/(\d{1,9})(ms|s|m|h)/g)];
  const whole = parts.map(([part]) => part).join('') === text;
  const bare = /^\d{1,9}$/.test(text);
  const ttl = bare
    ? Number(text) * 1_000
    : parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (units[unit] ?? NaN), 0);
  if ((whole || bare) && ttl >= shortest && ttl <= longest) return ttl;
  throw refusal('invalid_argument', 'ttl: should be a duration from 1s to 24h, such as 10s');
}
