import { parseDuration } from 'micro-ts/words';
import { refusal } from './refusal.ts';

const nanosecond = 1e-6;

/**
 * Milliseconds of the header `Timeout`: a duration (`300ms`, `1.5s`, `1m30s`), or a number of
 * nanoseconds, as go-micro writes it. `undefined` if there is none.
 * @param longest in ms: what asks for more gets this
 * @throws MicroError `invalid_argument` for anything else, and for less than a millisecond: those who
 * write `5` mean seconds
 */
export function readTimeout(text: string | undefined, longest: number): number | undefined {
  if (text === undefined) return undefined;
  const timeout = text.length > 40 ? undefined : parseDuration(text, nanosecond);
  if (timeout === undefined)
    throw refusal('invalid_argument', 'Timeout should be like 300ms, 1.5s or 2m');
  if (timeout >= 1) return Math.min(timeout, longest);
  throw refusal('invalid_argument', 'Timeout is below 1 ms: without a unit it is in nanoseconds');
}
