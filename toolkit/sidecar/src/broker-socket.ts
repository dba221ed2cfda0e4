import { closeOf, refusal } from '@micro-ts/edge';
import type { acceptSocket } from '@micro-ts/edge';
import { encodeFrame } from './event-frame.ts';
import type { Arrived, FrameFormat } from './event-frame.ts';

type WebSocket = NonNullable<ReturnType<typeof acceptSocket>>;

/** How a socket speaks, and what its frames do. */
export interface BrokerSocketSettings {
  readonly format: FrameFormat;
  publish(bytes: Uint8Array): Promise<void>;
}

/** How long a client may leave an event unread, in ms. */
const patience = 10_000;

/** A web socket that publishes what it sends, and is sent what is published. */
export class BrokerSocket {
  readonly #socket: WebSocket;
  readonly #settings: BrokerSocketSettings;
  #publishing: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(socket: WebSocket, settings: BrokerSocketSettings) {
    this.#socket = socket;
    this.#settings = settings;
    socket.on('message', (data: Buffer | ArrayBuffer | Buffer[]) => this.#publish(bytesOf(data)));
  }

  /** Resolves when the client's system has taken the event. Rejects if the client is gone. */
  send(arrived: Arrived): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      if (socket.readyState !== socket.OPEN)
        return reject(refusal('unavailable', 'the client has gone'));
      const late = setTimeout(() => socket.terminate(), patience);
      socket.send(encodeFrame(arrived, this.#settings.format), (error) => {
        clearTimeout(late);
        if (error == null) resolve();
        else reject(error);
      });
    });
  }

  /** One after the other, in the order of the frames; nothing more is read meanwhile. */
  #publish(bytes: Uint8Array): void {
    const socket = this.#socket;
    this.#waiting++;
    socket.pause();
    this.#publishing = this.#publishing
      .then(() => this.#settings.publish(bytes))
      .catch((error: unknown) => {
        const { code, reason } = closeOf(error);
        socket.close(code, reason);
      })
      .then(() => {
        if (--this.#waiting === 0) socket.resume();
      });
  }
}

function bytesOf(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
