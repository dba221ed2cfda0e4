import { metadata } from '@micro-ts/interface';
import type { Message, Metadata } from '@micro-ts/interface';
import { contentTypeOf } from './content-type.ts';

/**
 * The headers of an event, for media that have headers of their own: `Content-Type` and all metadata,
 * reserved names too: brokers say `micro-topic` and `micro-id` there.
 */
export function encodeEventHeaders({ contentType, metadata: own }: Message): Metadata {
  const headers: Record<string, string> = Object.create(null);
  headers['Content-Type'] = contentType;
  for (const key of Object.keys(own)) {
    if (key !== 'content-type') headers[canonical(key)] = own[key] ?? '';
  }
  return headers;
}

/**
 * The same, read. Names may be spelt in any case. Numbers and booleans become text, as Go makes them;
 * tables, lists and bytes are left out.
 */
export function decodeEventHeaders(headers: unknown): {
  readonly contentType: string;
  readonly metadata: Metadata;
} {
  const texts: [string, string][] = [];
  let contentType = '';
  const entries = typeof headers === 'object' && headers !== null ? Object.entries(headers) : [];
  for (const [key, value] of entries as readonly [string, unknown][]) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      continue;
    if (key.toLowerCase() === 'content-type') contentType = contentTypeOf(String(value));
    else texts.push([key, String(value)]);
  }
  return { contentType, metadata: metadata(texts) };
}

/**
 * Go looks headers up as `Content-Type`, and its own id as `Micro-ID`. The key `__proto__` is spelt so
 * that no reader takes it for a prototype.
 */
const canonical = (key: string): string =>
  key === 'micro-id' ? 'Micro-ID' : key.replace(/(^_*|-)[a-z]/g, (start) => start.toUpperCase());
