import { encodeError } from '@micro-ts/wire';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { MicroError } from 'micro-ts';
import { failureOf } from './failure.ts';
import type { ErrorShape } from './failure.ts';
import { encodeProblem, problemType } from './problem.ts';
import { HttpRefusal, origin } from './refusal.ts';

/** Asks for go-micro's shape, in `Accept`. */
export const microErrorType = 'application/vnd.micro.error+json';

/**
 * Answers with an error, in the shape that the client accepts: `Accept` with
 * {@link microErrorType} or `application/problem+json`, else the `usual` one. 429 and 503 say when to try
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
  const failure = failureOf(reason, shape);
  const { status, error } = failure;
  if (status === 503 || status === 429) reply.header('retry-after', retryAfter(error));
  if (reason instanceof HttpRefusal) reply.headers(reason.headers);
  reply.code(status).header('cache-control', 'no-store');
  const micro = shape === 'micro';
  const text = micro ? encodeError(error, origin, status) : encodeProblem(request, failure);
  // Bytes, because Fastify adds a charset to the type of texts; JSON has none.
  return reply
    .header('content-type', micro ? 'application/json' : problemType)
    .send(Buffer.from(text));
}

/** The shape that a client asks for. @param accept the header of that name */
function errorShape(accept: string | undefined, usual: ErrorShape): ErrorShape {
  if (accept === undefined) return usual;
  if (accept.includes(microErrorType)) return 'micro';
  return accept.includes(problemType) ? 'problem' : usual;
}

/** Whole seconds; services can say them as `details.retryAfter`. */
function retryAfter({ details }: MicroError): string {
  const { retryAfter: given } = (details ?? {}) as { retryAfter?: unknown };
  return typeof given === 'number' && given > 0 ? String(Math.ceil(Math.min(given, 86_400))) : '1';
}
