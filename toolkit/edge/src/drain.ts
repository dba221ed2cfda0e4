import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** How long a server takes to stop, in ms. */
export interface DrainTimes {
  /** How long it serves on after it was told to stop. Default 0. */
  readonly grace?: number;
  /** How long what runs may take to finish after that. */
  readonly drain: number;
}

/** The end of a server, in which no request is lost that ends in time. */
export class Drain {
  readonly #server: Server;
  readonly #sockets: ReadonlySet<Socket>;
  readonly #times: DrainTimes;
  #running: Promise<void> | undefined = undefined;

  /** @param sockets the connections of the server */
  constructor(server: Server, sockets: ReadonlySet<Socket>, times: DrainTimes) {
    this.#server = server;
    this.#sockets = sockets;
    this.#times = times;
  }

  /** Whether the server was told to stop. */
  get begun(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Serves on for the grace, then closes; who is not finished after the drain is cut off. Twice is fine.
   * @param close resolves when the last connection has ended
   */
  run(close: () => Promise<void>): Promise<void> {
    return (this.#running ??= this.#run(close));
  }

  async #run(close: () => Promise<void>): Promise<void> {
    const { grace = 0, drain } = this.#times;
    await wait(grace);
    const late = setTimeout(() => {
      this.#server.close(); // as what has to be done before may be late too
      for (const socket of this.#sockets) socket.destroy();
    }, drain);
    await close().finally(() => clearTimeout(late));
  }
}
