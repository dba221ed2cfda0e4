import type { IncomingHttpHeaders } from 'node:http';

/** What of a request says whether everybody may make it. */
export interface Asked {
  readonly method: string;
  /** As it came, with its query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Tells what needs no credentials: some paths, and the questions of browsers before a request of
 * another origin, which carry none. A path that could mean another one is never open.
 */
export function openPaths(paths: readonly string[]): (asked: Asked) => boolean {
  const exact = new Set(paths.filter((path) => !path.endsWith('/*')));
  const below = paths.filter((path) => path.endsWith('/*')).map((path) => path.slice(0, -1));
  return ({ method, url, headers }) => {
    if (method === 'OPTIONS') return isPreflight(headers);
    if (method !== 'GET' && method !== 'HEAD') return false;
    const [path = ''] = url.split('?', 1);
    if (exact.has(path)) return true;
    return isPlain(path) && below.some((start) => path.startsWith(start));
  };
}

const isPreflight = (headers: IncomingHttpHeaders): boolean =>
  headers.origin !== undefined && headers['access-control-request-method'] !== undefined;

/** No `..`, no second slash, nothing encoded. */
const isPlain = (path: string): boolean => !/\.\.|\/\/|[%\\;]/.test(path);
