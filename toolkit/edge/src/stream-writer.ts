import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { markEndless } from './endless.ts';
import { refusal } from './refusal.ts';
import type { StreamFormat } from './stream-format.ts';

/** How often a silent stream shows that it is there, in ms. */
const heartbeatEvery = 15_000;

/** Writes an answer piece by piece, holding no more of it than the connection takes. */
export class StreamWriter {
  readonly #raw: ServerResponse;
  readonly #longestStall: number;
  readonly #heart: NodeJS.Timeout | undefined;
  #delivered: Promise<void> = Promise.resolve();

  /**
   * Takes the answer over from Fastify, and sends its head.
   * @param longestStall how long a client may leave what it was sent unread, in ms
   */
  constructor(
    reply: FastifyReply,
    { contentType, heartbeat }: Pick<StreamFormat, 'contentType' | 'heartbeat'>,
    longestStall = 60_000,
  ) {
    const { raw } = reply.hijack();
    this.#raw = raw;
    this.#longestStall = longestStall;
    markEndless(raw);
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': contentType,
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    raw.flushHeaders();
    if (heartbeat === undefined) return;
    const beat = (): void => void (raw.writableNeedDrain || raw.write(heartbeat));
    this.#heart = setInterval(beat, heartbeatEvery).unref();
    raw.once('close', () => clearInterval(this.#heart));
  }

  /** Resolves when more can be written, or nobody reads any more. */
  async write(bytes: Uint8Array | string): Promise<void> {
    const raw = this.#raw;
    if (raw.destroyed || raw.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const stalled = setTimeout(() => raw.destroy(), this.#longestStall);
      const done = (): void => {
        clearTimeout(stalled);
        raw.off('drain', done).off('close', done);
        resolve();
      };
      raw.once('drain', done).once('close', done);
    });
  }

  /**
   * Resolves when the client's system has taken it. Rejects if the client is gone.
   * @param encode is called when all before it are taken; from then on the client has its time
   */
  deliver(encode: () => Uint8Array | string): Promise<void> {
    const delivered = this.#delivered.then(() => this.#deliver(encode));
    this.#delivered = delivered.catch(() => undefined);
    return delivered;
  }

  /** Ends the answer. @param last is written before */
  end(last?: string): void {
    clearInterval(this.#heart);
    if (this.#raw.destroyed) return;
    if (last === undefined) this.#raw.end();
    else this.#raw.end(last);
  }

  #deliver(encode: () => Uint8Array | string): Promise<void> {
    const raw = this.#raw;
    const isGone = (): boolean => raw.destroyed || raw.socket?.destroyed === true;
    return new Promise((resolve, reject) => {
      const leave = (): void => reject(refusal('unavailable', 'the client has gone'));
      // Once the connection is gone, Node drops what is written, without a word.
      if (isGone() || raw.writableEnded) return leave();
      const bytes = encode();
      const stalled = setTimeout(() => raw.destroy(), this.#longestStall);
      const settle = (error?: Error | null): void => {
        clearTimeout(stalled);
        raw.off('close', settle);
        // What was being written meanwhile, Node calls written.
        if (isGone()) leave();
        else if (error == null) resolve();
        else reject(error);
      };
      raw.once('close', settle).write(bytes, settle);
    });
  }
}
