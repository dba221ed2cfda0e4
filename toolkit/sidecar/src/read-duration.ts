import { refusal } from '@micro-ts/edge';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

const shortest = 1_000;
const longest = 24 * 3_600_000;

/**
 * Milliseconds of `10s`, `1500ms`, `1m30s`, or a bare number of seconds: from 1s to 24h.
 * @param name of what is read, for the error
 * @param usual ms without a text
 * @throws MicroError `invalid_argument`
 */
export function readDuration(name: string, text: string | undefined, usual: number): number {
  if (text === undefined || text === '') return usual;
  const parts = [...text.matchAll(/(\d{1,9})(ms|s|m|h)/g)];
  const whole = parts.map(([part]) => part).join('') === text;
  const bare = /^\d{1,9}$/.test(text);
  const duration = bare
    ? Number(text) * 1_000
    : parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (units[unit] ?? NaN), 0);
  if ((whole || bare) && duration >= shortest && duration <= longest) return duration;
  throw refusal('invalid_argument', `${name}: should be a duration from 1s to 24h, such as 10s`);
}
