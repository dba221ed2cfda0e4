import type { FastifyReply, FastifyRequest } from 'fastify';
import { Raw } from 'micro-ts';
import { answerStream } from './answer-stream.ts';
import { callEndpoint, sendAnswer } from './call-endpoint.ts';
import type { EndpointCallOptions } from './call-endpoint.ts';
import type { Edge } from './edge.ts';
import { refusal } from './refusal.ts';
import type { CallTarget } from './find-endpoint.ts';

/**
 * Calls an endpoint for a request, and answers it with what comes back: its bytes, or a stream of
 * messages in the form that the client accepts, see `answerStream`.
 * @throws MicroError for everything that goes wrong before the answer has begun; see `sendError`
 */
export async function answerCall(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  target: CallTarget,
  body: Raw,
  options?: EndpointCallOptions,
): Promise<FastifyReply> {
  const { kind, name } = target.endpoint;
  if (kind === 'client' || kind === 'bidi')
    throw refusal('unimplemented', `${name} takes a stream of requests: call it over a web socket`);
  const answer = await callEndpoint(edge, request, target, body, options);
  if (answer instanceof Raw) return sendAnswer(reply, answer);
  return answerStream(edge, request, reply, answer as AsyncIterable<Raw>);
}
