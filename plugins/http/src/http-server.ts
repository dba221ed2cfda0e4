import type { IncomingMessage, ServerResponse } from 'node:http';
import { Lifetime, MicroError } from '@micro-ts/interface';
import type { CallMessage, Exchange, Limits, Message, Metadata } from '@micro-ts/interface';
import { readCallHeaders } from '@micro-ts/wire';
import type { CallHeaders } from '@micro-ts/wire';
import type { Accepted } from './accepted.ts';
import type { Admission } from './admission.ts';
import { answer, answerError, headersOf, pushMetadata } from './answer.ts';
import type { Caller } from './answer.ts';
import { endpointOfPath } from './endpoint-of-path.ts';
import { lineType, writeLines } from './lines.ts';
import { NextTurn } from './next-turn.ts';
import { readBody } from './read-body.ts';

/** What the HTTP side of a listener works with. */
export interface HttpServerSettings {
  readonly exchange: Exchange;
  readonly admission: Admission;
  readonly limits: Limits;
  readonly draining: () => boolean;
}

const refused = { refused: true };
/** How long, in ms, a peer may go on sending what was answered unread. */
const longestRest = 1_000;

/** Turns HTTP requests into calls, as go-micro, curl and the client of this package write them. */
export class HttpServer {
  readonly #settings: HttpServerSettings;
  readonly #nextTurn = new NextTurn();
  #lastCall = -Infinity;

  constructor(settings: HttpServerSettings) {
    this.#settings = settings;
  }

  /** Answers one request. @returns the lifetime of the call that it is */
  request(
    request: IncomingMessage,
    response: ServerResponse,
    accepted: Accepted,
  ): Lifetime | undefined {
    const headers = request.headers as Metadata; // one text each, but for cookies, which browsers get
    const { admission, limits, draining } = this.#settings;
    const { origin } = headers;
    const denied = admission.check(headers['host'], origin);
    const caller: Caller = {
      response,
      native: isNative(headers),
      id: headers['micro-id'],
      origin: denied === undefined ? origin : undefined,
      draining,
      limits,
    };
    try {
      if (denied !== undefined) throw denied;
      if (request.method === 'OPTIONS') return answerOptions(caller, headers);
      if (request.method !== 'POST') throw notPost;
      if (accepted.late) throw new MicroError('unavailable', 'the node is going', refused);
      if (accepted.running > limits.callsPerConnection) throw tooMany;
      return this.#call(request, caller, accepted, callOf(headers, request.url ?? '/'));
    } catch (error) {
      const status = error === notPost ? 405 : undefined;
      answerError(caller, MicroError.from(error), headers['micro-service'] ?? '', status);
      leaveUnread(request);
      return undefined;
    }
  }

  /** Whether a call came in the last `ms`. */
  servedWithin(ms: number): boolean {
    return performance.now() - this.#lastCall < ms;
  }

  #call(request: IncomingMessage, caller: Caller, accepted: Accepted, head: CallHeaders): Lifetime {
    const { timeout } = head;
    this.#lastCall = performance.now();
    const lifetime = new Lifetime(this.#lastCall + timeout);
    const call = {
      service: head.service,
      endpoint: head.endpoint,
      contentType: head.contentType,
      metadata: head.metadata,
      attempt: head.attempt,
      lifetime,
      peer: accepted.peer,
    };
    const fail = (error: unknown): void =>
      answerError(caller, MicroError.from(error), head.service);
    // An answer that cannot be sent: the call was carried out all the same.
    const failLate = (error: unknown): void => {
      const { code, message } = MicroError.from(error);
      fail(new MicroError(code, message));
    };
    const run = (message: CallMessage): void =>
      void this.#settings.exchange(message).then((answered) => {
        if (!(answered.body instanceof Uint8Array)) {
          answerStream(caller, request, answered, answered.body, lifetime).catch(failLate);
          return;
        }
        try {
          answer(caller, head.contentType, { ...answered, body: answered.body });
        } catch (unsent) {
          failLate(unsent);
        }
      }, fail);
    readBody(request, this.#settings.limits.messageBytes, (error, body) => {
      if (error !== undefined) {
        answerError(caller, error, head.service, 413);
        return leaveUnread(request);
      }
      this.#nextTurn.run(() => {
        // What is not writable has been hung up by the caller: nobody would hear the answer.
        if (lifetime.reason !== undefined || !accepted.socket.writable) return;
        if (lifetime.left === 0) fail(tooLate);
        else run({ ...call, body });
      });
    });
    return lifetime;
  }
}

/** A stream, for callers that can take one without frames. */
async function answerStream(
  caller: Caller,
  request: IncomingMessage,
  message: Message,
  values: AsyncIterable<Uint8Array>,
  lifetime: Lifetime,
): Promise<void> {
  const { response, native } = caller;
  const accepts = !native || request.headers.accept?.includes(lineType) === true;
  if (!accepts || message.contentType !== 'application/json') {
    await values[Symbol.asyncIterator]().return?.();
    const text = `a stream needs frames, or a caller that accepts ${lineType}`;
    throw new MicroError('unimplemented', text);
  }
  const headers = headersOf(caller, lineType);
  pushMetadata(headers, message, caller.limits);
  response.writeHead(200, headers);
  await writeLines(response, values, lifetime);
}

/** `OPTIONS *` asks whether somebody is there; other OPTIONS come from browsers, before a POST. */
function answerOptions(caller: Caller, headers: Metadata): undefined {
  const asked = headers['access-control-request-headers'];
  const all = headersOf(caller, 'text/plain');
  all.push('Allow', 'POST', 'Content-Length', '0');
  if (caller.origin !== undefined) {
    all.push('Access-Control-Allow-Methods', 'POST', 'Access-Control-Max-Age', '600');
    if (asked !== undefined) all.push('Access-Control-Allow-Headers', asked);
  }
  caller.response.writeHead(200, all);
  caller.response.end();
}

/** Where the call goes: what the headers say, or the path. */
function callOf(headers: Metadata, path: string): CallHeaders {
  if (headers['micro-stream'] !== undefined) {
    throw new MicroError('unimplemented', 'a stream needs frames', refused);
  }
  const head = readCallHeaders(headers);
  if (head.endpoint !== '') return head;
  const named = endpointOfPath(path);
  return { ...head, endpoint: named.endpoint, service: named.service ?? head.service };
}

const isNative = (headers: Metadata): boolean =>
  headers['micro-endpoint'] !== undefined ||
  headers['micro-method'] !== undefined ||
  headers['x-micro-endpoint'] !== undefined ||
  headers['x-micro-method'] !== undefined;

const notPost = new MicroError('unimplemented', 'calls are POST requests', { refused: true });

const tooMany = new MicroError('resource_exhausted', 'too many calls on one connection', refused);

const tooLate = new MicroError('deadline_exceeded', 'it came too late', refused);

/** Gives a peer the time to see the answer; what it goes on sending is thrown away, and then cut. */
function leaveUnread(request: IncomingMessage): void {
  if (request.complete) return;
  request.resume();
  const cut = (): void => {
    if (!request.complete) request.socket.destroy();
  };
  setTimeout(cut, longestRest).unref();
}
