import { decodeError } from '@micro-ts/wire';
import { MicroError, Raw } from 'micro-ts';
import type { RawCallOptions } from 'micro-ts';
import { headersOf, rawOf } from './messages.ts';
import { serverSentEvents } from './server-sent-events.ts';
import { readBytes } from './sidecar.ts';
import type { Sidecar } from './sidecar.ts';

/** Deadline of a call, in ms, as an app has it. */
const deadline = 5_000;
/** What the way to the sidecar may take on top of it. */
const slack = 1_000;

/** The request goes as it is into the body, so that its numbers stay what they are. */
export async function callOnce(
  sidecar: Sidecar,
  service: string,
  endpoint: string,
  request: unknown,
  { address, timeout = deadline, metadata: given, signal, raw }: RawCallOptions,
): Promise<unknown> {
  const head = JSON.stringify({ service, method: endpoint, address }).slice(0, -1);
  const response = await sidecar.ask({
    method: 'POST',
    path: '/rpc',
    headers: {
      ...headersOf(given),
      'content-type': 'application/json',
      timeout: `${Math.ceil(timeout)}ms`,
    },
    body: `${head},"request":${new TextDecoder().decode(rawOf(request).bytes)}}`,
    timeout: timeout + slack,
    signal,
  });
  const bytes = await readBytes(response);
  const contentType = response.headers.get('content-type') ?? 'application/json';
  if (raw === true) return new Raw(contentType, bytes);
  return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
}

/** A stream of answers, as server-sent events. */
export async function callStream(
  sidecar: Sidecar,
  service: string,
  endpoint: string,
  request: unknown,
  { timeout, metadata: given, signal, raw }: RawCallOptions,
): Promise<AsyncIterable<unknown>> {
  const { bytes, contentType } = rawOf(request);
  const limit = timeout === undefined ? undefined : AbortSignal.timeout(timeout);
  const signals = [signal, limit].filter((each) => each !== undefined);
  const response = await sidecar.ask({
    method: 'POST',
    path: `/${encodeURIComponent(service)}/${encodeURIComponent(endpoint)}`,
    headers: {
      ...headersOf(given),
      'content-type': contentType,
      accept: 'text/event-stream',
      ...(timeout !== undefined && { timeout: `${Math.ceil(timeout)}ms` }),
    },
    body: bytes,
    ...(signals.length > 0 && { signal: AbortSignal.any(signals) }),
  });
  return answers(response, raw === true, limit);
}

async function* answers(
  response: Response,
  raw: boolean,
  limit: AbortSignal | undefined,
): AsyncIterable<unknown> {
  try {
    for await (const { event, data } of serverSentEvents(response)) {
      if (event === 'error') throw decodeError(data);
      if (event === 'end') return;
      yield raw
        ? new Raw('application/json', new TextEncoder().encode(data))
        : (JSON.parse(data) as unknown);
    }
  } catch (cause) {
    if (cause instanceof MicroError) throw cause;
    if (limit?.aborted === true)
      throw new MicroError('deadline_exceeded', 'the deadline has passed');
    throw new MicroError('unavailable', 'the stream of the sidecar broke off', { cause });
  }
}
