import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Closable, Exchange, Limits } from '@micro-ts/interface';
import { acceptFrames } from '@micro-ts/frames';
import type { Accepted } from './accepted.ts';
import type { Admission } from './admission.ts';
import { protocol } from './ask-for-frames.ts';

/** What connections of frames are served with. */
export interface FrameSettings {
  readonly exchange: Exchange;
  readonly admission: Admission;
  readonly limits: Limits;
  /** Which listener this is; callers that look for another hear that they are wrong here. */
  readonly instance: string;
}

/** The connections of one listener that speak frames. Its HTTP server knows nothing of them any more. */
export class FrameServer {
  readonly #settings: FrameSettings;
  readonly #connections = new Map<Duplex, Closable & { drain(): Promise<void> }>();
  #draining = false;

  constructor(settings: FrameSettings) {
    this.#settings = settings;
  }

  /** Takes the socket of a request that asks for frames in the right way. */
  upgrade(request: IncomingMessage, head: Buffer, { socket, peer }: Accepted): boolean {
    const { exchange, admission, limits, instance } = this.#settings;
    const { upgrade, host, origin } = request.headers;
    if (request.method !== 'OPTIONS' || request.url !== '*') return false;
    if (upgrade?.toLowerCase() !== protocol) return false;
    if (admission.check(host, origin) !== undefined) return false;
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`,
    );
    // While it drains, the no has to come before the first call, which mostly is in the head.
    if (this.#draining) socket.unshift(head);
    const read = this.#draining ? undefined : head;
    const node = (): string => instance;
    const connection = acceptFrames(socket, exchange, { limits, node, head: read, peer });
    this.#connections.set(socket, connection);
    void connection.closed.then(() => this.#connections.delete(socket));
    if (this.#draining) void connection.drain();
    return true;
  }

  /** Tells every peer that no new calls are taken; resolves when the running ones are answered. */
  async drain(): Promise<void> {
    this.#draining = true;
    await Promise.all([...this.#connections.values()].map((connection) => connection.drain()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
  }
}
