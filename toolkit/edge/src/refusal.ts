import { MicroError } from 'micro-ts';
import type { ErrorCode } from 'micro-ts';

/** `origin` of the errors that are made here, and so may be told as they are. */
export const origin = 'micro.edge';

/** An error of the edge itself: nothing was called. */
export const refusal = (code: ErrorCode, text: string): MicroError =>
  new MicroError(code, text, { origin, refused: true });

/** An error with the status 405. @param allow the methods that there are, for the header of that name */
export const methodRefusal = (allow: string): Error =>
  Object.assign(new Error(`only ${allow} here`), { statusCode: 405, allow });

/** A name of somebody out there, as errors show it. */
export const shown = (name: string): string =>
  name.length <= 100 ? name : `${name.slice(0, 100)}…`;
