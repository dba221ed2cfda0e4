import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { markEndless } from './endless.ts';
import type { StreamFormat } from './stream-format.ts';

/** How often a silent stream shows that it is there, in ms. */
const heartbeatEvery = 15_000;
/** How long a client may leave what it was sent unread, in ms. */
const longestStall = 60_000;

/** Writes an answer message by message, holding no more of it than the connection takes. */
export class StreamWriter {
  readonly #raw: ServerResponse;
  readonly #format: StreamFormat;
  readonly #heart: NodeJS.Timeout | undefined;
  #count = 0;

  /** Takes the answer over from Fastify, and sends its head. */
  constructor(reply: FastifyReply, format: StreamFormat) {
    reply.hijack();
    const { raw } = reply;
    this.#raw = raw;
    markEndless(raw);
    this.#format = format;
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': format.contentType,
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    raw.flushHeaders();
    const { heartbeat } = format;
    if (heartbeat === undefined) return;
    const beat = (): void => void (raw.writableNeedDrain || raw.write(heartbeat));
    this.#heart = setInterval(beat, heartbeatEvery).unref();
    raw.once('close', () => clearInterval(this.#heart));
  }

  /** Resolves when more can be written, or nobody reads any more. */
  async write(bytes: Uint8Array): Promise<void> {
    const json = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const raw = this.#raw;
    if (raw.destroyed || raw.write(this.#format.message(json, ++this.#count))) return;
    await new Promise<void>((resolve) => {
      const stalled = setTimeout(() => raw.destroy(), longestStall);
      const done = (): void => {
        clearTimeout(stalled);
        raw.off('drain', done).off('close', done);
        resolve();
      };
      raw.once('drain', done).once('close', done);
    });
  }

  /** @param early there would have been more: the client shall ask again */
  end(early: boolean): void {
    this.#finish(early ? undefined : this.#format.end);
  }

  fail(problem: string): void {
    this.#finish(this.#format.failure(problem));
  }

  #finish(last: string | undefined): void {
    clearInterval(this.#heart);
    if (this.#raw.destroyed) return;
    if (last === undefined) this.#raw.end();
    else this.#raw.end(last);
  }
}
