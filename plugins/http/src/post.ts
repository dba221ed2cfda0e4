import { MicroError } from '@micro-ts/interface';
import type { Lifetime } from '@micro-ts/interface';
import type { Dispatcher } from 'undici';
import { readAnswerHeaders } from './answer-headers.ts';
import type { AnswerHeaders } from './answer-headers.ts';
import { requestError } from './http-errors.ts';

/** A POST on its way. */
export interface Post {
  /** `http://127.0.0.1:8080`. */
  readonly origin: string;
  readonly path: string;
  /** Names and values by turns. */
  readonly headers: string[];
  readonly body: Uint8Array;
  readonly lifetime: Lifetime;
  /** Largest answer that is taken, in bytes. */
  readonly most: number;
}

/** Told once how a POST went. */
export interface PostListener {
  answered(status: number, text: string, headers: AnswerHeaders, body: Uint8Array): void;
  /** It has no answer; `refused` if nothing of it was sent. */
  failed(error: MicroError): void;
}

/** Sends a POST. It ends with its lifetime: what was sent by then is cut off. */
export function post(dispatcher: Dispatcher, request: Post, listener: PostListener): void {
  const { lifetime } = request;
  if (lifetime.reason !== undefined) return listener.failed(lifetime.reason);
  if (lifetime.left === 0) return listener.failed(new MicroError('deadline_exceeded', 'too late'));
  const { origin, path, headers, body } = request;
  const running = new RunningPost(request, listener);
  lifetime.onEnd(running.ended);
  dispatcher.dispatch({ origin, path, method: 'POST', headers, body }, running);
}

/**
 * One POST as undici sees it. undici's newer handlers cost more: they parse all headers of each answer
 * into an object, of which nothing is needed here.
 */
class RunningPost implements Dispatcher.DispatchHandler {
  readonly #request: Post;
  readonly #listener: PostListener;
  #abort: ((error?: Error) => void) | undefined = undefined;
  #status = 0;
  #text = '';
  #headers: AnswerHeaders | undefined = undefined;
  #first: Uint8Array | undefined = undefined;
  #rest: Uint8Array[] | undefined = undefined;
  #size = 0;
  #over = false;

  constructor(request: Post, listener: PostListener) {
    this.#request = request;
    this.#listener = listener;
  }

  readonly ended = (reason: MicroError): void => {
    if (!this.#finish()) return;
    this.#abort?.(reason);
    this.#listener.failed(reason);
  };

  onConnect(abort: (error?: Error) => void): void {
    // It ended while it waited for a socket. Throwing keeps the socket for the next one.
    if (this.#over) throw new MicroError('cancelled', 'it ended before it was sent');
    this.#abort = abort;
  }

  onHeaders(status: number, raw: Buffer[], _resume: () => void, text: string): boolean {
    if (status < 200) return true;
    this.#status = status;
    this.#text = text;
    this.#headers = readAnswerHeaders(raw);
    if ((this.#headers.length ?? 0) > this.#request.most) this.#tooLarge();
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.#size += chunk.length;
    if (this.#size > this.#request.most) this.#tooLarge();
    else if (this.#first === undefined) this.#first = chunk;
    else (this.#rest ??= [this.#first]).push(chunk);
    return true;
  }

  onComplete(): void {
    if (!this.#finish() || this.#headers === undefined) return;
    const body =
      this.#rest === undefined ? (this.#first ?? nothing) : Buffer.concat(this.#rest, this.#size);
    this.#listener.answered(this.#status, this.#text, this.#headers, body);
  }

  onError(error: Error): void {
    if (!this.#finish()) return;
    const { origin } = this.#request;
    const address = origin.slice(origin.indexOf('//') + 2);
    this.#listener.failed(requestError(error, this.#abort !== undefined, address));
  }

  #tooLarge(): void {
    const text = `the answer is larger than ${this.#request.most} bytes`;
    this.ended(new MicroError('resource_exhausted', text));
  }

  /** False if it is over already. */
  #finish(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#request.lifetime.offEnd(this.ended);
    return true;
  }
}

const nothing = new Uint8Array(0);
