import { MicroError } from '@micro-ts/interface';
import type { ErrorCode } from '@micro-ts/interface';
import { decodeError, encodeError } from '@micro-ts/wire';
import type { Slab } from './frame.ts';

/** Stands in the errors that this side of a call makes itself. */
const origin = 'micro.client';

/** The error of a call of which no byte has left, or that the peer cannot have looked at. */
export function refusal(code: ErrorCode, message: string): MicroError {
  return new MicroError(code, message, { origin, refused: true });
}

/** The same error, with the promise that the call was not executed. */
export function asRefused(error: MicroError): MicroError {
  if (error.refused) return error;
  const { code, message, details, cause } = error;
  return new MicroError(code, message, { origin: error.origin, details, cause, refused: true });
}

/** Why calls end when their connection does. */
export function lost(message: string, cause?: unknown): MicroError {
  return new MicroError('unavailable', message, { origin, cause });
}

/** A message that is larger than its receiver takes. */
export function tooLarge(bytes: number, limit: number, refused = false): MicroError {
  const text = `a message of ${bytes} bytes or more; ${limit} are allowed`;
  return new MicroError('resource_exhausted', text, { refused });
}

/** Metadata that is larger than its receiver takes. */
export function metadataTooLarge(limit: number, refused = false): MicroError {
  const text = `the metadata is larger than ${limit} bytes`;
  return new MicroError('resource_exhausted', text, { refused });
}

/** Payload of ERROR. */
export function encodeFailure(error: MicroError, service: string): Buffer {
  return Buffer.from(encodeError(error, service));
}

/** The error that the payload of an ERROR frame tells of. */
export function decodeFailure(bytes: Slab, from: number, to: number, refused: boolean): MicroError {
  return decodeError(bytes.utf8Slice(from, to), refused);
}
