import { MicroError } from 'micro-ts';
import type { ErrorCode } from 'micro-ts';

/** An error of the gateway itself, whose text may be told. */
export const refusal = (code: ErrorCode, text: string): MicroError =>
  new MicroError(code, text, { origin: 'micro.api', refused: true });
