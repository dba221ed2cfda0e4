import { refusal } from './refusal.ts';

/** Longest path, in characters. */
const longest = 2_048;
/** Most segments. */
const most = 32;

/**
 * The segments of a request's path, decoded; a slash at its end says nothing. It is refused rather
 * than cleaned where two readers could understand it differently.
 * @param path as it was sent, without the query
 * @returns `undefined` for a path with an empty segment, which nothing answers to
 * @throws MicroError `invalid_argument` for `.` and `..`, encoded slashes, backslashes, control
 * characters, bad escapes, and a path that is too long
 */
export function splitPath(path: string): readonly string[] | undefined {
  if (path.length > longest) throw bad('is too long');
  if (path === '/' || path === '') return [];
  const end = path.endsWith('/') ? path.length - 1 : path.length;
  const segments = path.slice(1, end).split('/');
  if (segments.length > most) throw bad('has too many segments');
  const plain = !path.includes('%');
  for (let at = 0; at < segments.length; at++) {
    const segment = segments[at] as string;
    if (segment === '') return undefined;
    if (!plain) segments[at] = decode(segment);
    check(segments[at] as string);
  }
  return segments;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw bad('has a bad escape');
  }
}

function check(segment: string): void {
  if (segment === '.' || segment === '..') throw bad('has . or .. in it');
  if (/[/\\\0-\x1f\x7f]/.test(segment))
    throw bad('has an encoded slash or control character in it');
}

const bad = (what: string): Error => refusal('invalid_argument', `the path ${what}`);

/** The path of a URL as it was sent, without the query. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** The query of a URL as it was sent; empty if there is none. */
export function queryOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? '' : url.slice(query + 1);
}
