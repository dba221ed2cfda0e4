import { refusal } from './refusal.ts';

const units: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1_000, m: 60_000 };

/**
 * Milliseconds of the header `Timeout`: a number with a unit (`300ms`, `1.5s`, `2m`), or a whole
 * number of nanoseconds, as go-micro writes it. `undefined` if there is none.
 * @param longest in ms: what asks for more gets this
 * @throws MicroError `invalid_argument` for anything else, and for less than a millisecond: those who
 * write `5` mean seconds
 */
export function readTimeout(text: string | undefined, longest: number): number | undefined {
  if (text === undefined) return undefined;
  const [, number, unit = 'ns'] = /^(\d{1,20}(?:\.\d{1,9})?) ?(ns|us|ms|s|m)?$/.exec(text) ?? [];
  if (number === undefined)
    throw refusal('invalid_argument', 'Timeout should be like 300ms, 1.5s or 2m');
  const timeout = Number(number) * (units[unit] as number);
  if (timeout >= 1) return Math.min(timeout, longest);
  throw refusal('invalid_argument', 'Timeout is below 1 ms: without a unit it is in nanoseconds');
}
