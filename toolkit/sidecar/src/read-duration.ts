import { parseDuration } from 'micro-ts/words';
import { refusal } from '@micro-ts/edge';

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
  const duration = parseDuration(text, 1_000) ?? NaN;
  if (duration >= shortest && duration <= longest) return duration;
  throw refusal('invalid_argument', `${name}: should be a duration from 1s to 24h, such as 10s`);
}
