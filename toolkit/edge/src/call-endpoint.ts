import { Raw } from 'micro-ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Edge } from './edge.ts';
import type { CallTarget } from './find-endpoint.ts';
import { atAddress } from './node-address.ts';
import { requestSignal } from './request-signal.ts';
import { readTimeout } from './request-timeout.ts';

/** What a call can be told besides its request. */
export interface EndpointCallOptions {
  /** Calls this node, and asks nobody. */
  readonly address?: string | undefined;
  /** Of the messages, where the request is a stream. Default `application/json`. */
  readonly contentType?: string | undefined;
}

const noOptions: EndpointCallOptions = Object.freeze({});

/**
 * Calls an endpoint for a request: metadata by the rules, deadline by `Timeout`, version by
 * `Micro-Version`, cancelled when the client is gone. Whoever may not call it is refused.
 * @returns bytes as they came, or an async iterable of them if the endpoint streams
 * @throws MicroError
 */
export function callEndpoint(
  edge: Edge,
  request: FastifyRequest,
  target: CallTarget,
  body: Raw | AsyncIterable<Raw>,
  options: EndpointCallOptions = noOptions,
): Promise<unknown> {
  edge.allow?.(request, target);
  const { service, endpoint, idempotent } = target;
  const { address } = options;
  const answer = edge.app.call(service, endpoint.name, body, {
    raw: true,
    metadata: edge.metadata(request),
    signal: requestSignal(request),
    timeout: timeoutOf(edge, request),
    idempotent,
    address,
    contentType: body instanceof Raw ? undefined : options.contentType,
    filters: address === undefined ? edge.version(request, target) : undefined,
  });
  if (address === undefined) return answer;
  return answer.catch((error: unknown) => {
    throw atAddress(error);
  });
}

/** The deadline that a request asks for, in ms. @throws MicroError see `readTimeout` */
export const timeoutOf = (
  { longestTimeout }: Edge,
  { headers }: FastifyRequest,
): number | undefined => readTimeout(headers['timeout'] as string | undefined, longestTimeout);

/** Sends what a unary call resolved with: its bytes, of their content type and of known length. */
export function sendAnswer(reply: FastifyReply, { bytes, contentType }: Raw): FastifyReply {
  return reply
    .header('content-type', contentType)
    .send(
      Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    );
}
