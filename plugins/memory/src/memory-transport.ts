import { MicroError } from '@micro-ts/interface';
import type { Connection, Exchange, Limits, Listener } from '@micro-ts/interface';
import type { Target, Transport } from '@micro-ts/interface';
import { MemoryListener } from './memory-listener.ts';
import type { Places } from './places.ts';

/** One app's way to the listeners of a network. */
export class MemoryTransport implements Transport {
  readonly #places: Places;
  readonly #app: string;
  readonly #limits: Limits;

  constructor(places: Places, app: string, limits: Limits) {
    this.#places = places;
    this.#app = app;
    this.#limits = limits;
  }

  async connect({ address }: Target): Promise<Connection> {
    const listener = this.#places.at(address);
    if (listener !== undefined) return listener.connect(`in-process ${this.#app}`, this.#limits);
    throw new MicroError('unavailable', `nobody listens at ${address}`, { refused: true });
  }

  async listen(asked: string, exchange: Exchange): Promise<Listener> {
    const address = this.#places.free(asked);
    const leave = (): void => this.#places.leave(address);
    const listener = new MemoryListener(address, exchange, this.#limits, leave);
    this.#places.take(address, listener);
    return listener;
  }
}
