import { errorCodes, MicroError } from 'micro-ts';
import type { ErrorCode } from 'micro-ts';
import { codeOfNumber, encodeError } from '@micro-ts/wire';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { origin } from './failures.ts';

/**
 * How an error is written: `problem` is RFC 9457, `application/problem+json`; `micro` is go-micro's
 * `{"id","code","detail","status"}`, `application/json`.
 */
export type ErrorShape = 'problem' | 'micro';

/** Asks for go-micro's shape, in `Accept`. */
export const microErrorType = 'application/vnd.micro.error+json';
/** Asks for RFC 9457, in `Accept`, where go-micro's shape is the default. */
export const problemType = 'application/problem+json';

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
 * What of an error may leave, and its status: in go-micro's shape that is the number in it. An unknown one becomes `internal`; those of Fastify keep their status.
 * The text of an error that no service made is replaced, if it can tell of this side's insides.
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

/**
 * Answers with an error, in the shape that the client accepts: `Accept` with
 * {@link microErrorType} or {@link problemType}, else the `usual` one. 429 and 503 say when to try
 * again. Does nothing if the answer has begun or the client has gone.
 */
export function sendError(
  request: FastifyRequest,
  reply: FastifyReply,
  reason: unknown,
  usual: ErrorShape = 'problem',
): FastifyReply {
  if (reply.raw.headersSent || reply.raw.destroyed) return reply;
  const shape = errorShape(request.headers.accept, usual);
  const { status, error } = failureOf(reason, shape);
  if (status === 503 || status === 429) reply.header('retry-after', retryAfter(error));
  reply.code(status).header('cache-control', 'no-store');
  const micro = shape === 'micro';
  const text = micro ? encodeError(error, origin) : encodeProblem(request, status, error);
  // Bytes, because Fastify adds a charset to the type of texts; JSON has none.
  return reply
    .header('content-type', micro ? 'application/json' : problemType)
    .send(Buffer.from(text));
}

/** The shape that a client asks for. @param accept the header of that name */
export function errorShape(accept: string | undefined, usual: ErrorShape): ErrorShape {
  if (accept === undefined) return usual;
  if (accept.includes(microErrorType)) return 'micro';
  return accept.includes(problemType) ? 'problem' : usual;
}

/** Whole seconds; services can say them as `details.retryAfter`. */
function retryAfter({ details }: MicroError): string {
  const { retryAfter: given } = (details ?? {}) as { retryAfter?: unknown };
  return typeof given === 'number' && given > 0 ? String(Math.ceil(Math.min(given, 86_400))) : '1';
}

function encodeProblem(request: FastifyRequest, status: number, error: MicroError): string {
  const { code, message, details } = error;
  const words = code.replaceAll('_', ' ');
  const query = request.url.indexOf('?');
  const problem = {
    type: `urn:micro:error:${code}`,
    title: words.charAt(0).toUpperCase() + words.slice(1),
    status,
    detail: message,
    instance: query === -1 ? request.url : request.url.slice(0, query),
    code,
    requestId: request.id,
  };
  try {
    return JSON.stringify({ ...problem, details }, bigintAsText);
  } catch {
    return JSON.stringify(problem); // details that JSON cannot hold
  }
}

const bigintAsText = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value;
