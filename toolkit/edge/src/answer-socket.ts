import { contentTypeOf } from '@micro-ts/wire';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Raw } from 'micro-ts';
import type { WebSocket } from 'ws';
import { callEndpoint, timeoutOf } from './call-endpoint.ts';
import { closeOf } from './close-codes.ts';
import type { Edge } from './edge.ts';
import { jsonRequest } from './json-object.ts';
import type { CallTarget } from './find-endpoint.ts';
import { refusal } from './refusal.ts';
import { SocketMessages } from './socket-messages.ts';
import { acceptSocket } from './sockets.ts';

/** Bytes that may wait to be sent; beyond, the stream waits. */
const mostBytes = 64 * 1024;
/** How long a client may leave what it was sent unread, in ms. */
const longestStall = 60_000;
/** How long the one message of a request may take without a `Timeout`, in ms. */
const longestSilence = 30_000;
const json = 'application/json';

/** The call that a web socket is to be. */
export interface SocketCalling {
  readonly target: CallTarget;
  /** Calls this node, and asks nobody. */
  readonly address?: string | undefined;
  /** Adds to the one message of a request what the handshake says of it. */
  readonly complete?: (body: Raw) => Raw;
}

/**
 * Accepts a web socket, and makes it one call. Each message of the client is a request, each message to
 * it an answer; an empty one from the client says that there will be no more requests. Endpoints that
 * take one request take the first message; it has to come within the call's `Timeout`, else in 30 s.
 * JSON comes in text frames; of another content type, if the handshake names one, in binary ones. The
 * socket is closed when the call ends, see `closeOf`; when it is closed before, the call is cancelled.
 * Both sides wait for each other.
 * @throws MicroError for a caller who may not, for a version that is not there, for pages of other
 * origins, and when there are too many streams: an HTTP answer
 */
export function answerSocket(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  calling: SocketCalling,
): void {
  const { target, address } = calling;
  edge.allow?.(request, target);
  if (address === undefined) edge.version(request, target);
  edge.streams.admit(request);
  const socket = acceptSocket(request, reply);
  if (socket === undefined) return;
  const call = new SocketCall(socket, contentTypeOf(request.headers['content-type']) || json);
  call.run(edge, request, calling).then(
    () => socket.close(1000),
    (error: unknown) => {
      const { code, reason } = closeOf(error);
      socket.close(code, reason);
    },
  );
}

const asItIs = (body: Raw): Raw => body;

class SocketCall {
  readonly #socket: WebSocket;
  readonly #contentType: string;
  readonly #messages: SocketMessages;

  constructor(socket: WebSocket, contentType: string) {
    this.#socket = socket;
    this.#contentType = contentType;
    this.#messages = new SocketMessages(socket, (bytes) =>
      contentType === json ? jsonRequest(bytes) : new Raw(contentType, bytes),
    );
  }

  async run(edge: Edge, request: FastifyRequest, calling: SocketCalling): Promise<void> {
    const forget = edge.streams.add(request, () =>
      this.#socket.close(1001, 'the server is closing'),
    );
    try {
      const { target, address } = calling;
      const body = await this.#body(edge, request, calling);
      const options = { contentType: this.#contentType, address };
      const answer = await callEndpoint(edge, request, target, body, options);
      if (answer instanceof Raw) await this.#send(answer);
      else for await (const each of answer as AsyncIterable<Raw>) await this.#send(each);
    } finally {
      forget();
      await this.#messages.return();
    }
  }

  async #body(
    edge: Edge,
    request: FastifyRequest,
    { target, complete = asItIs }: SocketCalling,
  ): Promise<Raw | AsyncIterable<Raw>> {
    const { kind } = target.endpoint;
    if (kind === 'client' || kind === 'bidi') return this.#messages;
    const first = await this.#first(timeoutOf(edge, request) ?? longestSilence);
    const body = first.done === true ? jsonRequest(undefined) : first.value;
    return complete(body);
  }

  async #first(longest: number): Promise<IteratorResult<Raw, undefined>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const text = `no request came within ${longest} ms`;
      timer = setTimeout(() => reject(refusal('deadline_exceeded', text)), longest);
    });
    return Promise.race([this.#messages.next(), late]).finally(() => clearTimeout(timer));
  }

  /** Resolves when more can be sent, or nobody reads any more. */
  async #send({ bytes }: Raw): Promise<void> {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) throw refusal('cancelled', 'the socket is closed');
    const sent = new Promise<void>((resolve) =>
      socket.send(bytes, { binary: this.#contentType !== json }, () => resolve()),
    );
    if (socket.bufferedAmount <= mostBytes) return;
    const stalled = setTimeout(() => socket.terminate(), longestStall);
    await sent;
    clearTimeout(stalled);
  }
}
