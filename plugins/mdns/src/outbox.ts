import { MicroError } from '@micro-ts/interface';
import type { Socket } from 'node:dgram';

/** Packets that go out at once, and the pause after them in ms: no receiver's buffer is too small. */
const burst = 16;
const pause = 2;

/** Most packets that wait. */
const most = 4_096;

interface Outgoing {
  readonly bytes: Buffer;
  readonly port: number;
  readonly host: string;
  resolve(): void;
  reject(reason: unknown): void;
}

/**
 * Sends packets one after another, a few at a time: a question that many nodes answer must not drown
 * whoever asked it.
 */
export class Outbox {
  readonly #socket: Socket;
  readonly #waiting: Outgoing[] = [];
  #busy = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Resolves when the system has taken the packet. */
  send(bytes: Buffer, port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= most) {
        reject(new MicroError('resource_exhausted', 'mdns has too much to send'));
        return;
      }
      this.#waiting.push({ bytes, port, host, resolve, reject });
      if (!this.#busy) this.#flush();
    });
  }

  #flush = (): void => {
    const some = this.#waiting.splice(0, burst);
    this.#busy = some.length > 0;
    for (const { bytes, port, host, resolve, reject } of some) {
      try {
        this.#socket.send(bytes, port, host, (error) => (error ? reject(error) : resolve()));
      } catch (error) {
        reject(error); // The socket is closed.
      }
    }
    if (this.#busy) setTimeout(this.#flush, pause);
  };
}
