import type { WebSocket } from '@fastify/websocket';
import { encodeFrame } from './event-frame.ts';
import type { Arrived, FrameFormat } from './event-frame.ts';
import { textOf } from './failures.ts';

/** How a socket speaks, and what its frames do. */
export interface BrokerSocketSettings {
  readonly format: FrameFormat;
  publish(bytes: Uint8Array): Promise<void>;
}

/** How often a client is asked whether it is there, in ms; one that says nothing till the next is gone. */
const pingEvery = 30_000;
/** How long a client may leave an event unread, in ms. */
const patience = 10_000;
/** Longest reason that fits into a close frame, in bytes. */
const longestReason = 123;

/** A web socket that publishes what it sends, and is sent what is published. */
export class BrokerSocket {
  readonly #socket: WebSocket;
  readonly #settings: BrokerSocketSettings;
  #publishing: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(socket: WebSocket, settings: BrokerSocketSettings) {
    this.#socket = socket;
    this.#settings = settings;
    let heard = true;
    const ping = setInterval(() => {
      if (!heard) return socket.terminate();
      heard = false;
      socket.ping();
    }, pingEvery).unref();
    socket.on('pong', () => (heard = true));
    socket.on('message', (data: Buffer | ArrayBuffer | Buffer[]) => {
      heard = true;
      this.#publish(bytesOf(data));
    });
    socket.on('error', () => undefined); // its close says all there is to know
    socket.once('close', () => clearInterval(ping));
  }

  /** Resolves when the client's system has taken the event, or the client is gone. */
  send(arrived: Arrived): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      if (socket.readyState !== socket.OPEN) return resolve();
      const late = setTimeout(() => socket.terminate(), patience);
      socket.send(encodeFrame(arrived, this.#settings.format), (error) => {
        clearTimeout(late);
        if (error == null) resolve();
        else reject(error);
      });
    });
  }

  close(code: number, reason: string): void {
    const short = Buffer.from(reason).subarray(0, longestReason).toString('utf8');
    this.#socket.close(code, short.replace(/\uFFFD$/, ''));
    setTimeout(() => this.#socket.terminate(), 1_000).unref();
  }

  /** One after the other, in the order of the frames; nothing more is read meanwhile. */
  #publish(bytes: Uint8Array): void {
    this.#waiting++;
    this.#socket.pause();
    this.#publishing = this.#publishing
      .then(() => this.#settings.publish(bytes))
      .catch((error: unknown) => this.close(1011, `not published: ${textOf(error)}`))
      .then(() => {
        if (--this.#waiting === 0 && this.#socket.readyState === this.#socket.OPEN)
          this.#socket.resume();
      });
  }
}

function bytesOf(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
