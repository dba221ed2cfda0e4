import type { IncomingMessage } from 'node:http';
import { errorCodes, MicroError } from 'micro-ts';
import type { ErrorCode } from 'micro-ts';
import { WebSocket } from 'ws';
import { Pulse } from './pulse.ts';
import type { Asking, Sidecar } from './sidecar.ts';

/** What a web socket is opened for. */
export interface Dialling extends Pick<
  Asking,
  'path' | 'query' | 'headers' | 'timeout' | 'signal'
> {
  /** How often is looked whether the sidecar is there, in ms. See {@link Pulse}. */
  readonly pulse?: number | undefined;
}

/** Bytes of messages that wait to be read; beyond, the sidecar waits. */
const mostBytes = 64 * 1024;
/** Largest message, in bytes. */
const largest = 64 * 1024 * 1024;
/** Longest that a handshake may take, with the error that it may end in, in ms. */
const patience = 10_000;
/** Largest error that is read, in bytes. */
const mostOfError = 64 * 1024;

/**
 * A web socket with a sidecar: texts there and back, each side no faster than the other reads. It fails
 * when the sidecar is gone, also without a word, see {@link Pulse}.
 */
export class SidecarSocket implements AsyncIterable<string> {
  readonly #socket: WebSocket;
  readonly #waiting: Buffer[] = [];
  #bytes = 0;
  #over = false;
  #failure: unknown;
  #wake: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#receive(data as Buffer));
    socket.once('close', (code, reason) => this.#end(failureOf(code, String(reason))));
  }

  #watch(sidecar: Sidecar, every: number | undefined): void {
    const socket = this.#socket;
    const ask = (): void => socket.ping();
    const pulse = new Pulse({ sidecar, ask, lost: (reason) => this.fail(reason), every });
    const heard = (): void => pulse.heard();
    socket.on('message', heard).on('pong', heard);
    socket.once('close', () => pulse.end());
  }

  /** @throws MicroError that the sidecar or the way to it has told */
  static async open(sidecar: Sidecar, dialling: Dialling): Promise<SidecarSocket> {
    const { path, query, headers, signal, timeout = patience, pulse } = dialling;
    if (signal?.aborted === true) throw cancelled();
    const url = sidecar.urlOf(path, query);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, {
      headers: { ...headers, ...sidecar.credentials },
      maxPayload: largest,
      perMessageDeflate: false,
    });
    const opened = new SidecarSocket(socket);
    const cancel = (): void => opened.fail(cancelled());
    signal?.addEventListener('abort', cancel, { once: true });
    socket.once('close', () => signal?.removeEventListener('abort', cancel));
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      socket.terminate();
    }, timeout);
    try {
      const refusal = await answerTo(socket);
      if (refusal === undefined) {
        opened.#watch(sidecar, pulse);
        return opened;
      }
      throw sidecar.errorOf(refusal.status, refusal.text);
    } catch (error) {
      socket.terminate();
      if (error instanceof MicroError) throw error;
      throw sidecar.failure(error, late, signal?.aborted);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when more can be sent. What is sent after the end goes nowhere. */
  send(text: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#over) resolve();
      else this.#socket.send(text, () => resolve());
    });
  }

  /** Ends it: nobody listens any more. */
  close(): void {
    this.#end();
    this.#socket.resume();
    this.#socket.close(1000);
  }

  /** Ends it with an error for whoever reads. */
  fail(error: unknown): void {
    this.#end(error);
    this.#socket.terminate();
  }

  /** True when nothing is read or sent any more. */
  get over(): boolean {
    return this.#over;
  }

  /** What comes, until the sidecar ends it well. @throws MicroError in which it has ended otherwise */
  async *[Symbol.asyncIterator](): AsyncIterator<string> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        this.#bytes -= next.length;
        if (this.#socket.isPaused && this.#bytes <= mostBytes / 2) this.#socket.resume();
        yield next.toString('utf8');
      } else if (this.#over) {
        if (this.#failure !== undefined) throw this.#failure;
        return;
      } else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #receive(data: Buffer): void {
    if (this.#over) return;
    this.#waiting.push(data);
    this.#bytes += data.length;
    if (this.#bytes > mostBytes) this.#socket.pause();
    this.#wake();
  }

  #end(failure?: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = failure;
    this.#wake();
  }
}

const cancelled = (): MicroError => new MicroError('cancelled', 'cancelled');

/** The error that a socket was closed with: `not_found: no user 7`, as the sidecar says it. */
function failureOf(code: number, reason: string): MicroError | undefined {
  if (code === 1000) return undefined;
  const [, name = '', text = ''] = /^(\w+): (.*)$/s.exec(reason) ?? [];
  if (code >= 4_000 && Object.hasOwn(errorCodes, name))
    return new MicroError(name as ErrorCode, text);
  if (code === 1001) return new MicroError('unavailable', 'the sidecar is closing');
  if (code === 1009)
    return new MicroError('resource_exhausted', 'a message is larger than the sidecar takes');
  return new MicroError('unavailable', 'the stream of the sidecar broke off');
}

/** An answer that is no web socket. */
interface Refusal {
  readonly status: number | undefined;
  readonly text: string;
}

/** Resolves with nothing when the socket is open. Rejects with what breaks the connection. */
function answerTo(socket: WebSocket): Promise<Refusal | undefined> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(undefined));
    socket.on('error', reject);
    socket.once('unexpected-response', (_request, answer) => {
      readRefusal(answer).then(resolve, reject);
    });
  });
}

async function readRefusal(answer: IncomingMessage): Promise<Refusal> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > mostOfError) break;
    parts.push(part);
  }
  answer.destroy();
  return { status: answer.statusCode, text: Buffer.concat(parts).toString('utf8') };
}
