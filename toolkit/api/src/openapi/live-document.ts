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

/** The document of what is registered now; written again when somebody asks after a change. */
export function liveDocument(
  directory: Pick<Directory, 'services' | 'version'>,
  options?: OpenApiOptions,
): () => WrittenDocument {
  let written: WrittenDocument | undefined;
  let version: number | undefined;
  return () => {
    if (written !== undefined && version === directory.version) return written;
    version = directory.version;
    const bytes = Buffer.from(JSON.stringify(openApiOf(directory, options)));
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    return (written = { bytes, etag });
  };
}
