import { MicroError, noMetadata } from '@micro-ts/interface';
import type { Limits, Metadata } from '@micro-ts/interface';

const changed = /^[ \t]|[ \t]$|[\0-\x08\x0a-\x1f\x7f]/;

/**
 * Refuses metadata that headers would change on its way, or cannot carry.
 * @throws MicroError `invalid_argument` for control characters and blanks at an end,
 * `resource_exhausted` above the limit; both refused
 */
export function checkMetadata(metadata: Metadata, limits: Limits): void {
  if (metadata === noMetadata) return;
  let size = 0;
  for (const key of Object.keys(metadata)) {
    const value = metadata[key] ?? '';
    size += key.length + Buffer.byteLength(value);
    if (!changed.test(value)) continue;
    throw refuse('invalid_argument', `metadata ${JSON.stringify(key)} cannot be a header`);
  }
  if (size <= limits.metadataBytes) return;
  throw refuse('resource_exhausted', `the metadata is larger than ${limits.metadataBytes} bytes`);
}

const refuse = (code: 'invalid_argument' | 'resource_exhausted', text: string): MicroError =>
  new MicroError(code, text, { refused: true });
