import { closeOf, refusal } from '@micro-ts/edge';
import type { acceptSocket } from '@micro-ts/edge';

type WebSocket = NonNullable<ReturnType<typeof acceptSocket>>;

/** How long a client may leave an event unread, in ms. */
const patience = 10_000;

/** A web socket whose frames are taken one after the other, and that is sent events. */
export class BrokerSocket {
  readonly #socket: WebSocket;
  readonly #take: (bytes: Uint8Array) => Promise<void>;
  #taking: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** @param take what a frame of the client does; where it fails, the socket is closed with the error */
  constructor(socket: WebSocket, take: (bytes: Uint8Array) => Promise<void>) {
    this.#socket = socket;
    this.#take = take;
    socket.on('message', (data: Buffer | ArrayBuffer | Buffer[]) => this.#receive(bytesOf(data)));
  }

  /** Closes it as an error says. */
  refuse(error: unknown): void {
    const { code, reason } = closeOf(error);
    this.#socket.close(code, reason);
  }

  /** Resolves when the client's system has taken the frame. Rejects if the client is gone. */
  send(frame: string): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      if (socket.readyState !== socket.OPEN)
        return reject(refusal('unavailable', 'the client has gone'));
      const late = setTimeout(() => socket.terminate(), patience);
      socket.send(frame, (error) => {
        clearTimeout(late);
        if (error == null) resolve();
        else reject(error);
      });
    });
  }

  /** One after the other, in the order of the frames; nothing more is read meanwhile. */
  #receive(bytes: Uint8Array): void {
    const socket = this.#socket;
    this.#waiting++;
    socket.pause();
    this.#taking = this.#taking
      .then(() => this.#take(bytes))
      .catch((error: unknown) => this.refuse(error))
      .then(() => {
        if (--this.#waiting === 0) socket.resume();
      });
  }
}

function bytesOf(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
