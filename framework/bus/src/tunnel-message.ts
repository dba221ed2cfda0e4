import { MicroError } from '@micro-ts/interface';

/** Version of this format. */
export const tunnelVersion = 1;

/** First byte of a message. No JSON begins with one of these. */
export const kind = {
  open: 1,
  accept: 2,
  data: 3,
  ack: 4,
  end: 5,
  gone: 6,
  probe: 7,
  alive: 8,
} as const;

/** Bytes of a kind and a number. */
export const headBytes = 5;

/** Bytes that one end may send before the other has read any of them. */
export const windowBytes = 1_048_576;

/** Longest reason that is read, in bytes. */
const longestReason = 200;

/** A message of a kind and a number, with room for `length` bytes behind. */
export function begin(type: number, sequence: number, length = 0): Buffer {
  const bytes = Buffer.allocUnsafe(headBytes + length);
  bytes[0] = type;
  bytes.writeUInt32BE(sequence, 1);
  return bytes;
}

/** OPEN or ACCEPT: the version, and the window that the sender gives. */
export function encodeHello(type: number): Buffer {
  const bytes = begin(type, 0, 5);
  bytes[headBytes] = tunnelVersion;
  bytes.writeUInt32BE(windowBytes, headBytes + 1);
  return bytes;
}

/** The window in OPEN or ACCEPT; `undefined` if it cannot be read. Further bytes are for later versions. */
export function windowIn(bytes: Buffer): number | undefined {
  if (bytes.length < headBytes + 5 || bytes.readUInt32BE(1) !== 0) return undefined;
  const window = bytes.readUInt32BE(headBytes + 1);
  return bytes[headBytes] === 0 || window < 65_536 || window > 0x7fff_ffff ? undefined : window;
}

/** GONE, which has no number: whoever sends it knows no tunnel. */
export function encodeGone(reason: string): Buffer {
  const text = Buffer.from(reason).subarray(0, longestReason);
  const bytes = begin(kind.gone, 0, text.length);
  bytes.set(text, headBytes);
  return bytes;
}

/** Why the other end is gone. */
export const reasonIn = (bytes: Buffer): string =>
  bytes.toString('utf8', headBytes, headBytes + longestReason).replace(/[^ -~]/g, '?');

/** Why a tunnel ends before its time. */
export const broken = (text: string, cause?: unknown): MicroError =>
  new MicroError('unavailable', text, { origin: 'micro.client', cause });
