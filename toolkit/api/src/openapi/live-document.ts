import { createHash } from 'node:crypto';
import type { Directory } from '@micro-ts/edge';
import { openApiOf } from './document.ts';
import type { OpenApiOptions } from './document.ts';

/** The document as bytes, and what tells it apart. */
export interface WrittenDocument {
  readonly bytes: Buffer;
  /** Strong: the same bytes have the same. */
  readonly etag: string;
}

/** A document of more bytes … */
const large = 500_000;
/** … is kept for so many times as long as it took to write, while services start and stop. */
const rest = 20;

/**
 * The document of what is registered now; written again when somebody asks after a change. One of
 * hundreds of services takes a tenth of a second: it is not written for every change of a deploy.
 */
export function liveDocument(
  directory: Pick<Directory, 'services' | 'version'>,
  options?: OpenApiOptions,
): () => WrittenDocument {
  let written: WrittenDocument | undefined;
  let version: number | undefined;
  let restUntil = 0;
  return () => {
    const began = performance.now();
    if (written !== undefined && (version === directory.version || began < restUntil))
      return written;
    version = directory.version;
    const bytes = Buffer.from(JSON.stringify(openApiOf(directory, options)));
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    if (bytes.length > large) restUntil = began + (performance.now() - began) * rest;
    return (written = { bytes, etag });
  };
}
