import { MicroError, noMetadata } from '@micro-ts/interface';
import type { Metadata } from '@micro-ts/interface';
import { callBytes, maxPayload, readU16, writeU16 } from './frame.ts';
import type { Slab } from './frame.ts';
import { metadataTooLarge } from './failure.ts';
import { ProtocolError } from './protocol-error.ts';

/** The block lies whole in the first frame of its message. */
const maxBlock = maxPayload - callBytes;

/**
 * Bytes that the metadata takes in a frame: `u16 count`, then for each pair `u16 length, key, u16
 * length, value`; 0 if there is none.
 * @throws MicroError `resource_exhausted` if it is too large for its peer, or for a frame.
 */
export function metadataSize(metadata: Metadata, limit: number): number {
  if (metadata === noMetadata) return 0;
  let count = 0;
  let size = 0;
  for (const key in metadata) {
    const value = metadata[key];
    if (typeof value !== 'string') throw new MicroError('internal', `metadata ${key} is no text`);
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
    count++;
  }
  if (count === 0) return 0;
  const block = 2 + 4 * count + size;
  if (size > limit || block > maxBlock) throw metadataTooLarge(limit, true);
  return block;
}

/** Writes the block; returns where it ends. */
export function writeMetadata(slab: Slab, start: number, metadata: Metadata): number {
  let count = 0;
  let at = start + 2;
  for (const key in metadata) {
    at = writeText(slab, at, key);
    at = writeText(slab, at, metadata[key]!);
    count++;
  }
  writeU16(slab, start, count);
  return at;
}

function writeText(slab: Slab, at: number, text: string): number {
  const length = slab.utf8Write(text, at + 2);
  writeU16(slab, at, length);
  return at + 2 + length;
}

/** Where the block ends that begins at `from`. */
export function metadataEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from + 2;
  let texts = at <= to ? readU16(bytes, from) * 2 : 0;
  while (texts > 0 && at + 2 <= to) {
    at += 2 + readU16(bytes, at);
    texts--;
  }
  if (at > to || texts > 0) throw new ProtocolError('metadata is cut off');
  return at;
}

/** Bytes of keys and values in a block from `from` to `end`. */
export function metadataText(bytes: Uint8Array, from: number, end: number): number {
  return end - from - 2 - 4 * readU16(bytes, from);
}

/** Reads a block of which {@link metadataEnd} has found the end. */
export function readMetadata(bytes: Slab, from: number): Metadata {
  const metadata: Record<string, string> = Object.create(null);
  let at = from + 2;
  const take = (): string => {
    const start = at + 2;
    at = start + readU16(bytes, at);
    return bytes.utf8Slice(start, at);
  };
  for (let pairs = readU16(bytes, from); pairs > 0; pairs--) {
    const name = take().toLowerCase();
    metadata[name] = take();
  }
  return metadata;
}
