import { refusal } from './failures.ts';

/** A connection that stays open until the client or the sidecar goes. */
export interface OpenConnection {
  /** Ends it, in the way of its kind; called if the sidecar goes first. */
  end: () => void;
  /** It has ended. */
  leave(): void;
}

/** Web sockets and event streams: counted, so that they are bounded, and ended when the sidecar goes. */
export class OpenConnections {
  readonly #most: number;
  readonly #open = new Set<OpenConnection>();
  #closed = false;

  /** @param most at once */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Lets one more in.
   * @throws MicroError `unavailable` if there are too many, or the sidecar is going
   */
  enter(end: () => void): OpenConnection {
    if (this.#closed) throw refusal('unavailable', 'the sidecar is closing');
    if (this.#open.size >= this.#most)
      throw refusal('unavailable', `${this.#most} open sockets and event streams are the most`);
    const connection = { end, leave: () => void this.#open.delete(connection) };
    this.#open.add(connection);
    return connection;
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#open) connection.end();
  }
}
