import { closable, MicroError } from '@micro-ts/interface';
import type { CallMessage, Connection, ConnectionState } from '@micro-ts/interface';
import type { Exchange, Message } from '@micro-ts/interface';
import { saysNoFrames } from './ask-for-frames.ts';

/** Both ways to a node. */
export interface Ways {
  /** The frames whose question is on its way. */
  readonly frames: Connection;
  /** The answer. */
  readonly ready: Promise<unknown>;
  /** Opens the other way. */
  http(): Promise<Connection>;
}

/**
 * A connection that was asked for frames and uses them at once: no call waits for the answer. If it is
 * no, everything goes again over HTTP; nobody has read it.
 */
export class UndecidedConnection implements Connection {
  readonly closed: Promise<unknown>;
  readonly close: () => Promise<void>;
  readonly exchange: Exchange = (call) => this.#exchange(call);
  readonly #frames: Connection;
  readonly #decided: Promise<Connection>;
  readonly #declined: Promise<boolean>;
  #exchange: Exchange = (call) => this.#early(call);
  #told: (state: ConnectionState) => void = () => undefined;

  constructor({ frames, ready, http }: Ways) {
    this.#frames = frames;
    let current: Connection | undefined = frames;
    let over = false;
    const end = closable(async () => {
      over = true;
      await current?.close();
    });
    this.closed = end.closed;
    this.close = end.close;
    const follow = (connection: Connection): Connection => {
      current = connection;
      this.#exchange = connection.exchange;
      connection.onState?.((state) => this.#told(state));
      void connection.closed.then((reason) => {
        if (reason === undefined) void end.close();
        else end.lose(reason);
      });
      return connection;
    };
    this.#declined = ready.then(() => false, saysNoFrames);
    this.#decided = ready.then(
      () => follow(frames),
      async (error: unknown) => {
        if (!saysNoFrames(error) || over) throw error;
        current = undefined;
        return follow(await http());
      },
    );
    this.#decided.catch((error: unknown) => end.lose(error));
    void end.closed.then(async () => (await this.#decided.catch(() => undefined))?.close());
  }

  onState(listener: (state: ConnectionState) => void): void {
    this.#told = listener;
  }

  /** Before the answer. A stream has to wait: what was once read from it could not be sent again. */
  async #early(call: CallMessage): Promise<Message> {
    if (!(call.body instanceof Uint8Array)) return (await this.#inTime(call)).exchange(call);
    try {
      return await this.#frames.exchange(call);
    } catch (error) {
      if (!MicroError.from(error).refused || !(await this.#declined)) throw error;
      return (await this.#inTime(call)).exchange(call);
    }
  }

  /** What was decided, unless the call ends before. */
  #inTime(call: CallMessage): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const ended = (reason: MicroError): void => reject(reason);
      call.lifetime.onEnd(ended);
      const done = (): void => call.lifetime.offEnd(ended);
      this.#decided.then(resolve, (error: unknown) => {
        reject(MicroError.from(error, 'unavailable'));
      });
      this.#decided.then(done, done);
    });
  }
}
