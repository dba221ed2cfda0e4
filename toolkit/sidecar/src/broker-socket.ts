import { closeOf, refusal } from '@micro-ts/edge';
import type { acceptSocket } from '@micro-ts/edge';

type WebSocket = NonNullable<ReturnType<typeof acceptSocket>>;

/** A frame whose turn has not come. */
interface Unsent {
  readonly encode: () => string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A web socket whose frames are taken one after the other, and that is sent events. */
export class BrokerSocket {
  readonly #socket: WebSocket;
  readonly #take: (bytes: Uint8Array) => Promise<void>;
  #taking: Promise<void> = Promise.resolve();
  #waiting = 0;
  readonly #timeout: number;
  readonly #unsent: Unsent[] = [];
  #sending = false;
  #refused = false;

  /**
   * @param take what a frame of the client does; where it fails, the socket is closed with the error
   * @param timeout how long a client may leave a frame unread, in ms, once it is sent
   */
  constructor(socket: WebSocket, take: (bytes: Uint8Array) => Promise<void>, timeout = 10_000) {
    this.#socket = socket;
    this.#take = take;
    this.#timeout = timeout;
    socket.on('message', (data: Buffer | ArrayBuffer | Buffer[]) => this.#receive(bytesOf(data)));
  }

  /** Closes it as an error says; nothing more is taken from it, and no other frame sent. */
  refuse(error: unknown): void {
    this.#refused = true;
    const { code, reason } = closeOf(error);
    this.#socket.close(code, reason);
    for (const { reject } of this.#unsent.splice(0)) reject(error);
  }

  /**
   * Resolves when the client's system has taken the frame. Rejects if the client is gone.
   * @param encode is called when all before it are taken; from then on the client has its time
   */
  send(encode: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#unsent.push({ encode, resolve, reject });
      if (!this.#sending) void this.#sendAll();
    });
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    for (let next = this.#unsent.shift(); next !== undefined; next = this.#unsent.shift())
      await this.#send(next.encode).then(next.resolve, next.reject);
    this.#sending = false;
  }

  #send(encode: () => string): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      if (socket.readyState !== socket.OPEN) return reject(gone());
      const frame = encode();
      const late = setTimeout(() => socket.terminate(), this.#timeout);
      socket.send(frame, (error) => {
        clearTimeout(late);
        if (error != null) reject(error);
        else if (socket.readyState === socket.OPEN) resolve();
        else reject(gone()); // Node calls written what was being written when it was cut off
      });
    });
  }

  /** One after the other, in the order of the frames; nothing more is read meanwhile. */
  #receive(bytes: Uint8Array): void {
    const socket = this.#socket;
    this.#waiting++;
    socket.pause();
    this.#taking = this.#taking
      .then(() => (this.#refused ? undefined : this.#take(bytes)))
      .catch((error: unknown) => this.refuse(error))
      .then(() => {
        if (--this.#waiting === 0) socket.resume();
      });
  }
}

const gone = (): Error => refusal('unavailable', 'the client has gone');

function bytesOf(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
