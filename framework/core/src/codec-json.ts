import { MicroError } from '@micro-ts/interface';
import type { Codec } from '@micro-ts/interface';
import { reachesPrototype } from './copy-value.ts';

/** V8's own conversions, without the checks of `toString` and `from`. */
interface FastBuffer extends Buffer {
  utf8Slice(start: number, end: number): string;
}

/**
 * JSON in UTF-8. A bigint becomes its digits, a Date its ISO text, bytes become base64; what JSON
 * cannot say is left out, as `JSON.stringify` does.
 */
export const jsonCodec: Codec = {
  contentType: 'application/json',
  encode(value) {
    try {
      return Buffer.from(stringify(value));
    } catch (cause) {
      throw new MicroError('invalid_argument', `cannot be written as JSON: ${textOf(cause)}`, {
        cause,
      });
    }
  },
  decode(bytes) {
    if (bytes.length === 0) return {};
    try {
      const text = (
        Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
      ) as FastBuffer;
      return parse(text.utf8Slice(0, text.length));
    } catch (cause) {
      throw new MicroError('invalid_argument', 'the body is not JSON', { cause });
    }
  },
};

/** A replacer costs five times the rest, so it is used only when there is something to replace. */
function stringify(value: unknown): string {
  const replaces = needsReplacer(value, 0);
  return (replaces ? JSON.stringify(value, replacer) : JSON.stringify(value)) ?? 'null';
}

function needsReplacer(value: unknown, depth: number): boolean {
  if (typeof value === 'bigint') return true;
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Uint8Array || depth > 200) return true;
  // What it makes of itself is seen by the replacer only. A Date makes text.
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return !(value instanceof Date);
  if (Array.isArray(value)) {
    for (const each of value) if (needsReplacer(each, depth + 1)) return true;
    return false;
  }
  for (const key in value) {
    const each = (value as Record<string, unknown>)[key];
    if (typeof each === 'bigint') return true;
    if (typeof each === 'object' && needsReplacer(each, depth + 1)) return true;
  }
  return false;
}

/** Called with the holder as `this`: a Buffer has turned into an array-like by its own `toJSON`. */
function replacer(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  const held = (this as Record<string, unknown>)[key];
  const bytes = held instanceof Uint8Array ? held : value;
  if (bytes instanceof Uint8Array)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
  return value;
}

/** Keys that reach a prototype are dropped, so that no later copy of the value can trip over them. */
function parse(text: string): unknown {
  if (!text.includes('__proto__') && !text.includes('\\u') && !text.includes('"constructor"'))
    return JSON.parse(text) as unknown;
  return JSON.parse(text, (key, value: unknown) =>
    key === '__proto__' || (key === 'constructor' && reachesPrototype(value)) ? undefined : value,
  ) as unknown;
}

const textOf = (cause: unknown): string =>
  cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
