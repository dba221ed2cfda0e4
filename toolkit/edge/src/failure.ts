import { codeOfNumber } from '@micro-ts/wire';
import { errorCodes, MicroError } from 'micro-ts';
import type { ErrorCode } from 'micro-ts';
import { origin } from './refusal.ts';

/**
 * How an error is written: `problem` is RFC 9457, `application/problem+json`; `micro` is go-micro's
 * `{"id","code","detail","status"}`, `application/json`.
 */
export type ErrorShape = 'problem' | 'micro';

/** What an error may say on the way out. */
export interface Failure {
  readonly status: number;
  readonly error: MicroError;
}

/** Errors of the way to a service tell of addresses and files: that is for the log. */
const untold: Partial<Record<ErrorCode, string>> = {
  unavailable: 'no node of the service answers now',
  internal: 'internal error',
  data_loss: 'the answer cannot be read',
};

/**
 * What of an error may leave, and its status: in go-micro's shape that is the number in it. An unknown
 * error becomes `internal`; those of Fastify keep their status. The text of an error that no service
 * made is replaced, if it can tell of this side's insides.
 */
export function failureOf(reason: unknown, shape: ErrorShape = 'problem'): Failure {
  if (!(reason instanceof MicroError)) return foreign(reason);
  const { code, details, refused } = reason;
  const text = reason.origin === undefined ? untold[code] : undefined;
  const error = text === undefined ? reason : new MicroError(code, text, { details, refused });
  return { status: errorCodes[code][shape === 'micro' ? 'micro' : 'http'], error };
}

function foreign(reason: unknown): Failure {
  const { statusCode, message } = (reason ?? {}) as { statusCode?: unknown; message?: unknown };
  const status = typeof statusCode === 'number' ? statusCode : 500;
  if (status < 400 || status > 499 || typeof message !== 'string')
    return { status: 500, error: new MicroError('internal', 'internal error', { cause: reason }) };
  return { status, error: new MicroError(codeOfNumber(status), message, { origin }) };
}
