import { MicroError } from 'micro-ts';
import type { ErrorCode } from 'micro-ts';

/** An error of the sidecar itself: nothing was called. Its text may be told. */
export const refusal = (code: ErrorCode, text: string): MicroError =>
  new MicroError(code, text, { origin: 'micro.sidecar', refused: true });

/** The text of whatever was thrown. */
export const textOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
