import type { Limits } from '@micro-ts/interface';
import type { RabbitConnection } from '../connection.ts';
import type { Parcel } from './event-message.ts';
import { Outlet } from './outlet.ts';
import type { Destination } from './outlet.ts';
import { Room } from './room.ts';

const mebibyte = 1024 * 1024;

/** Sends messages that the server confirms, no more at once than there is room for. */
export class Publisher {
  readonly #connect: () => Promise<RabbitConnection>;
  readonly #prepare: (connection: RabbitConnection) => Promise<void>;
  readonly #room: Room;
  #outlet: Promise<Outlet> | undefined = undefined;

  /** @param prepare declares what the messages need on the server */
  constructor(
    connect: () => Promise<RabbitConnection>,
    prepare: (connection: RabbitConnection) => Promise<void>,
    limits: Limits,
  ) {
    this.#connect = connect;
    this.#prepare = prepare;
    this.#room = new Room({
      events: limits.callsPerConnection,
      bytes: 16 * mebibyte,
      waiting: 64 * limits.callsPerConnection,
      waitingBytes: 64 * mebibyte,
      patience: limits.handshake * 0.8,
    });
  }

  /** Resolves when the server has it. */
  async send(destination: Destination, parcel: Parcel): Promise<void> {
    const leave = await this.#room.enter(parcel.content.length);
    try {
      await (await this.#open()).send(destination, parcel);
    } finally {
      leave();
    }
  }

  #open(): Promise<Outlet> {
    if (this.#outlet !== undefined) return this.#outlet;
    const opening = this.#make();
    this.#outlet = opening;
    const forget = (): void => {
      if (this.#outlet === opening) this.#outlet = undefined;
    };
    opening.then((outlet) => outlet.closed).then(forget, forget);
    return opening;
  }

  async #make(): Promise<Outlet> {
    const connection = await this.#connect();
    const opening = connection.confirmChannel();
    try {
      await this.#prepare(connection);
    } catch (error) {
      opening.then((channel) => channel.close()).catch(() => undefined);
      throw error;
    }
    return new Outlet(connection, await opening);
  }
}
