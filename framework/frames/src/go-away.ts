import { readU32, writeU32 } from './frame.ts';
import type { Slab } from './frame.ts';
import { ProtocolError } from './protocol-error.ts';

/** One side takes no more calls, or gives the connection up. */
export interface GoAway {
  /** Highest stream that was looked at. Calls above it were certainly not. */
  readonly last: number;
  readonly reason: number;
  readonly text: string;
}

/** Payload of GOAWAY. */
export function encodeGoAway(last: number, reason: number, text: string): Buffer {
  const bytes = Buffer.from(text.slice(0, 1_000));
  const payload = Buffer.alloc(5 + bytes.length);
  writeU32(payload, 0, last);
  payload[4] = reason;
  payload.set(bytes, 5);
  return payload;
}

export function decodeGoAway(bytes: Slab, from: number, to: number): GoAway {
  if (to - from < 5) throw new ProtocolError('GOAWAY is cut off');
  const text = bytes.utf8Slice(from + 5, Math.min(to, from + 4_000));
  return { last: readU32(bytes, from), reason: bytes[from + 4]!, text };
}
