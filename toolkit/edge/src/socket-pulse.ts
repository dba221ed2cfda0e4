import type { WebSocket } from 'ws';

/** Finds clients that are gone without a word, with one timer for all of them. */
export class SocketPulse {
  /** Each socket, and whether it was heard of since it was last asked. */
  readonly #heard = new Map<WebSocket, boolean>();
  readonly #timer: NodeJS.Timeout;
  #whenNone: (() => void) | undefined = undefined;

  constructor(every: number) {
    this.#timer = setInterval(() => this.#beat(), every).unref();
  }

  add(socket: WebSocket): void {
    const heard = this.#heard;
    const onSign = (): void => void heard.set(socket, true);
    onSign();
    socket.on('pong', onSign).on('message', onSign);
    socket.on('error', ignore); // its close tells all there is to know
    socket.on('close', () => {
      heard.delete(socket);
      if (heard.size === 0) this.#whenNone?.();
    });
  }

  /** Closes all, and cuts those that are still there after `patience` ms. */
  async end(patience: number): Promise<void> {
    clearInterval(this.#timer);
    if (this.#heard.size === 0) return;
    const none = new Promise<void>((resolve) => (this.#whenNone = resolve));
    const cut = setTimeout(() => this.#each((socket) => socket.terminate()), patience);
    this.#each((socket) => socket.close(goingAway, 'the server is closing'));
    await none;
    clearTimeout(cut);
  }

  #beat(): void {
    this.#each((socket) => {
      // Who is not read from cannot be heard of: the pong waits behind the messages.
      if (this.#heard.get(socket) !== true && !socket.isPaused) return socket.terminate();
      this.#heard.set(socket, false);
      socket.ping();
    });
  }

  #each(work: (socket: WebSocket) => void): void {
    for (const socket of this.#heard.keys()) work(socket);
  }
}

const goingAway = 1001;
const ignore = (): void => undefined;
