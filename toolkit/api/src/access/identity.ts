import type { IncomingHttpHeaders } from 'node:http';
import type { Allows } from './patterns.ts';
import { refusal } from './refusal.ts';

/** Who a request comes from. */
export interface Identity {
  /** Name of the API key, or the user of the token. */
  readonly name: string;
  readonly kind: 'key' | 'jwt';
  readonly scopes: readonly string[];
  /** Whether it may have something. */
  readonly allows: Allows;
  /** What services are told, as metadata. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Metadata that the gateway alone may set. */
export const identityNames: readonly string[] = ['x-user', 'x-scopes', 'x-auth', 'x-issuer'];

const longest = 1_024;

/**
 * A value as it can stand in a header: what is not printable ASCII, and `%`, is percent-encoded.
 * @throws MicroError `unauthenticated` for control characters, which no honest issuer writes
 */
export function headerValue(value: string): string {
  if (/[\0-\x1f\x7f\ud800-\udfff]/u.test(value) || value.length > longest)
    throw refusal('unauthenticated', 'what the token says of its user cannot be passed on');
  return value.replace(/[^\x20-\x24\x26-\x7e]+/gu, encodeURIComponent);
}

/**
 * Takes names away that only the gateway may say, also as `X_User`, which some servers read as
 * `X-User`.
 */
export function removeForged(headers: IncomingHttpHeaders, names: ReadonlySet<string>): void {
  for (const name of Object.keys(headers))
    if (names.has(name.replaceAll('_', '-'))) delete headers[name];
}
