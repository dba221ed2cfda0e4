import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { errorCodes, MicroError } from 'micro-ts';
import type { ErrorCode } from 'micro-ts';

/** Nest's texts for what it tells nobody, and for a guard that says no. */
const unknownText = 'Internal server error';
const forbiddenText = 'Forbidden resource';

/** Nest logs what it hides, but for one kind. */
const silence =
  "Nest hid the exception. It stands in Nest's log; if it does not, it is an HttpException, " +
  'and MicroExceptionFilter tells it to the caller.';

/** Codes of statuses that several codes share, or that none has. */
const codes: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  ...(Object.keys(errorCodes) as ErrorCode[])
    .reverse()
    .map((code) => [errorCodes[code].http, code] as const),
  [400, 'invalid_argument'],
  [405, 'unimplemented'],
  [408, 'deadline_exceeded'],
  [409, 'already_exists'],
  [410, 'not_found'],
  [413, 'resource_exhausted'],
  [500, 'internal'],
]);

const codeOf = (status: number): ErrorCode =>
  codes.get(status) ?? (status >= 500 ? 'internal' : 'invalid_argument');

/**
 * The error that a caller gets of what a handler, a guard, a pipe or a filter of Nest failed with.
 * - `HttpException`: the code of its status; of a status from 500 on that says it is a bug, no text;
 * - `RpcException` of a text: `unknown`, with the text; of an object, its `code` if that is one of
 *   Micro's, else the code of its `status`, and the object as details;
 * - a guard that says no: `permission_denied`;
 * - anything else: `internal`, without its text.
 */
export function microErrorOf(error: unknown): MicroError {
  if (error instanceof MicroError) return error;
  if (error instanceof HttpException) return ofHttp(error);
  if (error instanceof RpcException) return microErrorOf(error.getError());
  if (typeof error === 'string') return ofText(error);
  if (typeof error !== 'object' || error === null || error instanceof Error) return bug(error);
  const { message, code, status, statusCode } = error as Readonly<Record<string, unknown>>;
  if (status === 'error' && code === undefined) return ofText(String(message));
  const known = typeof code === 'string' && Object.hasOwn(errorCodes, code);
  const http = [status, statusCode].find((each) => typeof each === 'number' && each >= 400);
  const meant = known ? (code as ErrorCode) : http === undefined ? 'unknown' : codeOf(Number(http));
  const text = typeof message === 'string' ? message : meant.replaceAll('_', ' ');
  return new MicroError(meant, text, { details: error });
}

const bug = (cause?: unknown): MicroError =>
  new MicroError('internal', 'internal error', { cause });

/** Of a text, as Nest passes those of `RpcException` on, and its own. */
function ofText(text: string): MicroError {
  if (text === unknownText) return bug(new Error(silence));
  return new MicroError(text === forbiddenText ? 'permission_denied' : 'unknown', text);
}

function ofHttp(exception: HttpException): MicroError {
  const code = codeOf(exception.getStatus());
  if (isHidden(code)) return bug(exception);
  const response = exception.getResponse();
  const texts: unknown =
    typeof response === 'object' ? (response as { message?: unknown }).message : response;
  const issues = Array.isArray(texts) ? texts.map((message: unknown) => ({ message })) : undefined;
  const text = Array.isArray(texts) ? texts.join('; ') : exception.message;
  return new MicroError(code, text, { details: issues && { issues }, cause: exception });
}

/** A bug is nobody's business but the log's. */
const isHidden = (code: ErrorCode): boolean => errorCodes[code].http === 500;

/**
 * What HTTP callers get of a failed call: the status of its code, and its text, `code` and details;
 * of a bug on the other side no more than the status.
 */
export function httpExceptionOf(error: MicroError): HttpException {
  const { code, message, details } = error;
  const { http: statusCode } = errorCodes[code];
  const name = STATUS_CODES[statusCode] ?? 'Client Closed Request';
  const body = isHidden(code)
    ? { statusCode, message: unknownText }
    : { statusCode, error: name, message, code, ...(details !== undefined && { details }) };
  return new HttpException(body, statusCode, { cause: error });
}
