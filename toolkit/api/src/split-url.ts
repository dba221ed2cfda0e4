/** A URL of a request line, in its two parts. */
export interface SplitUrl {
  readonly path: string;
  /** With its question mark; empty if there is none. */
  readonly query: string;
}

/** Takes the query off, and the origin of a request that was written for a proxy. */
export function splitUrl(url: string): SplitUrl {
  const at = url.indexOf('?');
  return at === -1 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at) };
}
