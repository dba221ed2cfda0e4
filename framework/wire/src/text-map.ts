import { metadata, noMetadata } from '@micro-ts/interface';
import type { Metadata } from '@micro-ts/interface';
import { asObject } from './json.ts';

/**
 * Metadata of a JSON object. Go's maps hold text only, and are `null` when empty; numbers and
 * booleans of others become text, and what else there is does not count.
 */
export function decodeTexts(value: unknown): Metadata {
  if (value === null || value === undefined) return noMetadata;
  const pairs: [string, string][] = [];
  for (const [key, each] of Object.entries(asObject(value))) {
    if (typeof each === 'string') pairs.push([key, each]);
    else if (typeof each === 'number' || typeof each === 'boolean') pairs.push([key, String(each)]);
  }
  return pairs.length === 0 ? noMetadata : metadata(pairs);
}

/** The same metadata with its keys in order, so that equal records have equal texts. */
export function sorted(texts: Metadata): Metadata {
  return metadata(Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
