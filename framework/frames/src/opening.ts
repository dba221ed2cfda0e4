import type { Metadata } from '@micro-ts/interface';
import { flag, maxPayload } from './frame.ts';
import { writeMetadata } from './metadata-block.ts';
import type { Writer } from './writer.ts';

/** How much of a body fits into the first frame of its message. */
export function firstPart(body: Uint8Array, fixed: number, block: number): number {
  return Math.min(body.length, maxPayload - fixed - block);
}

/**
 * Writes the first frame of a request or an answer; all of it, if it is a value that is small enough.
 * The caller fills in the fixed part, and flushes.
 * @param fixed bytes before the metadata.
 * @param block what {@link metadataSize} says of the metadata.
 * @param body a value, or `undefined` for a stream.
 * @returns where the fixed part goes.
 */
export function writeOpening(
  writer: Writer,
  type: number,
  stream: number,
  fixed: number,
  metadata: Metadata,
  block: number,
  body: Uint8Array | undefined,
): number {
  const part = body === undefined ? 0 : firstPart(body, fixed, block);
  let flags: number = body === undefined ? flag.noMessage : flag.end;
  if (body !== undefined && part < body.length) flags = flag.more;
  if (block > 0) flags |= flag.metadata;
  const start = writer.begin(type, flags, stream, fixed + block + part);
  const { slab } = writer;
  const at = start + fixed;
  if (block > 0) writeMetadata(slab, at, metadata);
  if (body !== undefined) slab.set(part < body.length ? body.subarray(0, part) : body, at + block);
  return start;
}
