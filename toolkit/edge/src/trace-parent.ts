import { randomBytes } from 'node:crypto';

const pattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;

/** Whether it is a `traceparent` as https://www.w3.org/TR/trace-context has it. */
export const isTraceParent = (text: string): boolean =>
  text.length >= 55 &&
  text.length <= 128 &&
  pattern.test(text) &&
  (text.length === 55 || !text.startsWith('00'));

/** Random bytes are drawn for many at once: each draw costs a microsecond. */
const pool = { hex: '', at: 0 };
const digits = 48;

/** The `traceparent` of a trace that begins here. */
export function newTraceParent(): string {
  if (pool.at + digits > pool.hex.length) {
    pool.hex = randomBytes(6_144).toString('hex');
    pool.at = 0;
  }
  const { hex, at } = pool;
  pool.at += digits;
  // An id of zeros only is none; it comes once in 2^64.
  return `00-${hex.slice(at, at + 32)}-${hex.slice(at + 32, at + digits)}-01`;
}
