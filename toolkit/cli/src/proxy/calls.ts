import { codeOfNumber, decodeError } from '@micro-ts/wire';
import { errorCodes, MicroError, Raw } from 'micro-ts';
import type { ErrorCode, RawCallOptions } from 'micro-ts';
import { answerOf, headersOf, rawOf } from './messages.ts';
import { serverSentEvents } from './server-sent-events.ts';
import { readBytes } from './sidecar.ts';
import type { Sidecar } from './sidecar.ts';
import { streamThrough } from './streams.ts';

/** What the way to the sidecar may take besides the call, in ms. */
const slack = 1_000;
/** Longest wait for a sidecar that knows the endpoint's own deadline, in ms. */
const longest = 300_000;

/**
 * Calls through `POST /rpc`, or over a web socket if the request is a stream. The request goes as it
 * is into the body, so that its numbers stay what they are.
 * @returns the answer, or an async iterable of answers if the endpoint streams
 */
export async function callThrough(
  sidecar: Sidecar,
  service: string,
  endpoint: string,
  request: unknown,
  options: RawCallOptions,
): Promise<unknown> {
  if (isStream(request)) return streamThrough(sidecar, service, endpoint, request, options);
  const { address, timeout, metadata, signal, raw = false } = options;
  const head = JSON.stringify({ service, method: endpoint, address }).slice(0, -1);
  const response = await sidecar.ask({
    method: 'POST',
    path: '/rpc',
    headers: {
      ...headersOf(metadata),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(timeout !== undefined && { timeout: `${Math.ceil(timeout)}ms` }),
    },
    body: `${head},"request":${new TextDecoder().decode(rawOf(request).bytes)}}`,
    timeout: timeout === undefined ? longest : timeout + slack,
    signal,
  });
  const contentType = response.headers.get('content-type') ?? 'application/json';
  if (contentType.startsWith('text/event-stream')) return answers(sidecar, response, raw);
  const bytes = await readBytes(response);
  return answerOf(new Raw(contentType, bytes), raw);
}

const isStream = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

async function* answers(
  sidecar: Sidecar,
  response: Response,
  raw: boolean,
): AsyncIterable<unknown> {
  let cause: unknown;
  try {
    for await (const { event, data } of serverSentEvents(sidecar, response)) {
      if (event === 'error') throw errorOfProblem(data);
      if (event === 'end') return;
      yield answerOf(new Raw('application/json', new TextEncoder().encode(data)), raw);
    }
  } catch (error) {
    if (error instanceof MicroError) throw error;
    cause = error;
  }
  throw new MicroError('unavailable', 'the stream of the sidecar broke off', { cause });
}

/** The error of RFC 9457 JSON, as a stream ends with it. */
function errorOfProblem(text: string): MicroError {
  const { code, status, detail, details } = JSON.parse(text) as {
    readonly code?: string;
    readonly status?: number;
    readonly detail?: string;
    readonly details?: unknown;
  };
  if (detail === undefined) return decodeError(text);
  const known = code !== undefined && Object.hasOwn(errorCodes, code);
  return new MicroError(known ? (code as ErrorCode) : codeOfNumber(status ?? 500), detail, {
    details,
  });
}
