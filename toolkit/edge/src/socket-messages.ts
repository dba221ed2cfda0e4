import { MicroError, type Raw } from 'micro-ts';
import type { RawData, WebSocket } from 'ws';

/** Most bytes that wait here; beyond, the client waits. */
const mostBytes = 64 * 1024;

const cancelled = (): MicroError => new MicroError('cancelled', 'the client has closed the socket');

/**
 * The messages that a client sends, read no faster than they are asked for. An empty one says that
 * there will be no more, since a web socket cannot be closed on one side.
 */
export class SocketMessages implements AsyncIterableIterator<Raw, undefined> {
  readonly #socket: WebSocket;
  readonly #check: (bytes: Buffer) => Raw;
  readonly #queue: Buffer[] = [];
  #bytes = 0;
  #over = false;
  #failure: MicroError | undefined = undefined;
  #waiting:
    | { resolve(step: IteratorResult<Raw, undefined>): void; reject(error: unknown): void }
    | undefined = undefined;

  /** @param check makes a message of bytes, or throws */
  constructor(socket: WebSocket, check: (bytes: Buffer) => Raw) {
    this.#socket = socket;
    this.#check = check;
    socket.on('message', this.#onMessage);
    socket.on('close', this.#onClose);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Raw, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#give();
    });
  }

  /** What comes from now on is not looked at. */
  async return(): Promise<IteratorResult<Raw, undefined>> {
    this.#end();
    this.#queue.length = 0;
    this.#socket.resume();
    return { done: true, value: undefined };
  }

  readonly #onMessage = (data: RawData): void => {
    const bytes = bytesOf(data);
    if (bytes.length === 0) this.#end();
    else {
      this.#queue.push(bytes);
      this.#bytes += bytes.length;
      if (this.#bytes > mostBytes) this.#socket.pause();
    }
    this.#give();
  };

  readonly #onClose = (): void => {
    if (!this.#over) this.#failure = cancelled();
    this.#end();
    this.#give();
  };

  #end(): void {
    this.#over = true;
    this.#socket.off('message', this.#onMessage);
    this.#socket.off('close', this.#onClose);
  }

  #give(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const bytes = this.#queue.shift();
    if (bytes === undefined && !this.#over) return;
    this.#waiting = undefined;
    if (bytes === undefined) {
      if (this.#failure === undefined) waiting.resolve({ done: true, value: undefined });
      else waiting.reject(this.#failure);
      return;
    }
    this.#bytes -= bytes.length;
    if (this.#socket.isPaused && this.#bytes <= mostBytes / 2) this.#socket.resume();
    try {
      waiting.resolve({ done: false, value: this.#check(bytes) });
    } catch (error) {
      waiting.reject(error);
    }
  }
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
