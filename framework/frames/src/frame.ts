/**
 * The layout of a frame: `length u24 | type u8 | flags u8 | stream u32 | payload`, big-endian, as in
 * HTTP/2 (RFC 9113, section 4.1). docs/protocol.md is the specification.
 */

/** Version of the protocol, in SETTINGS. */
export const protocolVersion = 1;
/** Bytes of a header. They count as credit too, so that empty messages are not free. */
export const headerBytes = 9;
/** Most bytes of a payload. Larger messages are cut, so that their neighbours get a turn. */
export const maxPayload = 65_536;
/** Fewest bytes in a part that others follow: nobody can make a message of countless crumbs. */
export const minPart = 1_024;
/** What each stream may send before credit arrives, unless SETTINGS announces more. */
export const smallestWindow = 65_536;
/** Credit never grows above this. */
export const maxCredit = 0x7fff_ffff;
/** Highest number of a stream; after it a new connection is due. */
export const maxStream = 0x7fff_ffff;
/** In the place of the milliseconds left: there is no deadline. */
export const noDeadline = 0xffff_ffff;
/** Bytes of a CALL before metadata and body. */
export const callBytes = 8;
/** DEFINE numbers names from 0 to one less than this. */
export const maxNames = 4_096;

export const frameType = {
  settings: 0,
  define: 1,
  call: 2,
  data: 3,
  error: 4,
  cancel: 5,
  credit: 6,
  ping: 7,
  goAway: 8,
} as const;

export const flag = {
  /** Nothing follows on this stream from this side. */
  end: 1,
  /** The message goes on in the next DATA frame of the stream. */
  more: 2,
  /** The payload begins with metadata. */
  metadata: 4,
  /** The frame opens or ends a stream of messages and carries none. */
  noMessage: 8,
  /** The call was never executed. */
  refused: 16,
  /** Answers a PING. */
  ack: 32,
} as const;

/** Why a connection is given up: the second field of GOAWAY. */
export const goAwayReason = { drain: 0, protocol: 1, node: 2 } as const;

/** Why a call is given up: the payload of CANCEL. */
export const cancelReason = { caller: 0, deadline: 1, source: 2 } as const;

/** Node's buffers, with the direct ways to their text, which are twice as fast as `toString`. */
export type Slab = Buffer & {
  utf8Write(text: string, at: number): number;
  utf8Slice(from: number, to: number): string;
};

/** Writes a header at `at` and returns where the payload begins. Plain stores beat `writeUInt32BE`. */
export function writeHeader(
  slab: Uint8Array,
  at: number,
  type: number,
  flags: number,
  stream: number,
  length: number,
): number {
  slab[at] = length >>> 16;
  slab[at + 1] = length >>> 8;
  slab[at + 2] = length;
  slab[at + 3] = type;
  slab[at + 4] = flags;
  writeU32(slab, at + 5, stream);
  return at + headerBytes;
}

export function writeU32(slab: Uint8Array, at: number, value: number): void {
  slab[at] = value >>> 24;
  slab[at + 1] = value >>> 16;
  slab[at + 2] = value >>> 8;
  slab[at + 3] = value;
}

export function writeU16(slab: Uint8Array, at: number, value: number): void {
  slab[at] = value >>> 8;
  slab[at + 1] = value;
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}

export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
