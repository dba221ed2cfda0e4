import { MicroError, Raw } from 'micro-ts';
import type { RawCallOptions } from 'micro-ts';
import { answerOf, headersOf, rawOf } from './messages.ts';
import { lookup } from './records.ts';
import { SidecarSocket } from './sidecar-socket.ts';
import type { Sidecar } from './sidecar.ts';

/**
 * Calls an endpoint that takes a stream of requests, over a web socket at `/rpc`. An empty message
 * says that there will be no more of them.
 * @returns the answer, or an async iterable of answers if they are a stream too, and of an endpoint that
 * no record lists
 */
export async function streamThrough(
  sidecar: Sidecar,
  service: string,
  endpoint: string,
  requests: AsyncIterable<unknown>,
  { address, timeout, metadata, signal, raw = false }: RawCallOptions,
): Promise<unknown> {
  const nodes = await lookup(sidecar, service);
  const known = nodes.flatMap(({ endpoints }) => endpoints).find(({ name }) => name === endpoint);
  const socket = await SidecarSocket.open(sidecar, {
    path: '/rpc',
    query: { service, endpoint, address, stream: 'true' },
    headers: {
      ...headersOf(metadata),
      ...(timeout !== undefined && { timeout: `${Math.ceil(timeout)}ms` }),
    },
    signal,
  });
  send(socket, requests).catch((error: unknown) => socket.fail(error));
  const answers = read(socket, raw);
  return known?.kind === 'client' ? one(answers, endpoint) : answers;
}

async function send(socket: SidecarSocket, requests: AsyncIterable<unknown>): Promise<void> {
  for await (const request of requests) {
    if (socket.over) return;
    await socket.send(new TextDecoder().decode(rawOf(request).bytes));
  }
  await socket.send('');
}

async function* read(socket: SidecarSocket, raw: boolean): AsyncIterable<unknown> {
  try {
    for await (const text of socket)
      yield answerOf(new Raw('application/json', new TextEncoder().encode(text)), raw);
  } finally {
    socket.close();
  }
}

async function one(answers: AsyncIterable<unknown>, endpoint: string): Promise<unknown> {
  for await (const answer of answers) return answer;
  throw new MicroError('data_loss', `${endpoint} has answered nothing`);
}
