import { MicroError } from '@micro-ts/interface';
import type { Codec } from '@micro-ts/interface';

/** Bytes as they are: the value of a message is a `Uint8Array`. */
export const bytesCodec: Codec = {
  contentType: 'application/octet-stream',
  encode(value) {
    if (value instanceof Uint8Array) return value;
    throw new MicroError('invalid_argument', 'application/octet-stream carries a Uint8Array only');
  },
  decode: (bytes) => Uint8Array.prototype.slice.call(bytes),
};
