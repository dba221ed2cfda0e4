import { errorCodes } from 'micro-ts';
import type { MicroError } from 'micro-ts';
import { failureOf } from './failure.ts';

/** Longest reason that fits into a close frame, in bytes. */
const longest = 123;

/**
 * How a web socket is closed after an error: with 4000 and the HTTP status of its code, so 4404 for
 * `not_found` and 4503 for `unavailable`, and `not_found: no user 7` as the reason. A call that ended
 * well closes with 1000, a server that stops with 1001, a message that is too large with 1009.
 */
export function closeOf(reason: unknown): { readonly code: number; readonly reason: string } {
  const { error } = failureOf(reason);
  return { code: 4_000 + errorCodes[error.code].http, reason: cut(error) };
}

function cut({ code, message }: MicroError): string {
  const bytes = Buffer.from(`${code}: ${message}`);
  if (bytes.length <= longest) return bytes.toString();
  return bytes
    .subarray(0, longest)
    .toString()
    .replace(/\uFFFD+$/, '');
}
