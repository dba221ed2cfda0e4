import { Lifetime, MicroError } from '@micro-ts/interface';
import type { Exchange, Limits, Logger, Message } from '@micro-ts/interface';
import { readCallHeaders } from '@micro-ts/wire';
import type { PlainMessage, Post } from './bus.ts';
import type { LoopStall } from './loop-stall.ts';
import { answerOf, failureOf, lowerCased, tooLarge } from './plain-headers.ts';

/** What go-micro's calls are served with. */
export interface PlainServerSettings {
  readonly exchange: Exchange;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly stall: LoopStall;
}

/** All callers share one place, so they may bring more than one connection. */
const connections = 8;

/** A request that was read. */
interface Request {
  readonly message: PlainMessage;
  readonly reply: string;
  readonly id: string;
  service: string;
}

/** Answers go-micro's callers, who send messages without a tunnel. */
export class PlainServer {
  /** Known as soon as there is a place; nothing arrives before. */
  post!: Post;
  readonly #settings: PlainServerSettings;
  readonly #running = new Set<Lifetime>();
  #lastCall = -Infinity;
  #garbage = false;
  #idle: (() => void)[] = [];

  constructor(settings: PlainServerSettings) {
    this.#settings = settings;
  }

  /** Whether a call came in the last `ms`. */
  servedWithin(ms: number): boolean {
    return performance.now() - this.#lastCall < ms;
  }

  request(id: string, read: () => PlainMessage, reply: string): void {
    let message: PlainMessage;
    try {
      message = read();
      this.#garbage = false;
    } catch (error) {
      if (!this.#garbage) this.#settings.logger.warn('a message cannot be read', { error });
      this.#garbage = true;
      return;
    }
    const request: Request = { message, reply, id, service: '' };
    try {
      this.#call(request);
    } catch (error) {
      this.#fail(request, MicroError.from(error));
    }
  }

  /** Resolves when no call runs. */
  idle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Ends what runs. */
  close(): void {
    const reason = new MicroError('unavailable', 'the listener is closed');
    for (const lifetime of [...this.#running]) lifetime.end(reason);
  }

  #call(request: Request): void {
    const { exchange, limits, stall } = this.#settings;
    const { headers, body } = request.message;
    const known = lowerCased(headers);
    this.#lastCall = performance.now();
    const call = readCallHeaders(known);
    request.service = call.service;
    if (known['micro-stream'] !== undefined) {
      throw new MicroError('unimplemented', 'a stream needs frames', { refused: true });
    }
    const { callsPerConnection, messageBytes } = limits;
    if (body.length > messageBytes) throw tooLarge(messageBytes, true);
    if (this.#running.size >= connections * callsPerConnection) {
      throw new MicroError('resource_exhausted', 'too many calls at once', { refused: true });
    }
    const left = call.timeout - stall.waited;
    if (left <= 0) {
      throw new MicroError('deadline_exceeded', 'the call arrived too late', { refused: true });
    }
    const lifetime = new Lifetime(this.#lastCall + left);
    this.#running.add(lifetime);
    const { service, endpoint, contentType, metadata, attempt } = call;
    const peer = request.reply;
    exchange({ service, endpoint, contentType, metadata, attempt, body, lifetime, peer })
      .then(
        (answer) => this.#answer(request, known, answer),
        (error: unknown) => this.#fail(request, MicroError.from(error)),
      )
      .finally(() => this.#done(lifetime))
      .catch(() => undefined); // the bus is gone
  }

  async #answer(request: Request, known: ReturnType<typeof lowerCased>, answer: Message) {
    const { body } = answer;
    try {
      if (!(body instanceof Uint8Array)) {
        await body[Symbol.asyncIterator]().return?.();
        throw new MicroError('unimplemented', 'a stream needs frames');
      }
      if (request.reply === '') return;
      const message = answerOf(known, { ...answer, body }, this.#settings.limits);
      this.post.answer(request.reply, request.id, message);
    } catch (error) {
      // It was carried out all the same.
      const { code, message } = MicroError.from(error, 'unavailable');
      this.#fail(request, new MicroError(code, message));
    }
  }

  #fail({ message, reply, id, service }: Request, error: MicroError): void {
    if (reply === '') return;
    try {
      this.post.answer(reply, id, failureOf(message.headers, error, service));
    } catch {
      // The bus is gone, or the caller's own headers are more than it takes back.
    }
  }

  #done(lifetime: Lifetime): void {
    this.#running.delete(lifetime);
    if (this.#running.size > 0) return;
    for (const tell of this.#idle.splice(0)) tell();
  }
}
