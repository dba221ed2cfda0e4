import type { FastifyRequest } from 'fastify';
import type { Failure } from './failure.ts';
import { pathOf } from './split-path.ts';

/** The content type of RFC 9457. */
export const problemType = 'application/problem+json';

/** An error as RFC 9457 writes it, with its code, the id of the request, and its details. */
export function encodeProblem(request: FastifyRequest, { status, error }: Failure): string {
  const { code, message, details } = error;
  const words = code.replaceAll('_', ' ');
  const problem = {
    type: `urn:micro:error:${code}`,
    title: words.charAt(0).toUpperCase() + words.slice(1),
    status,
    detail: message,
    instance: pathOf(request.url),
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
