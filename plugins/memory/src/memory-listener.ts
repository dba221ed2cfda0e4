import { AsyncResource } from 'node:async_hooks';
import { closable, metadata, MicroError } from '@micro-ts/interface';
import type { CallMessage, Connection, ConnectionState, Exchange } from '@micro-ts/interface';
import type { Limits, Listener, Message } from '@micro-ts/interface';
import { Crossing } from './crossing.ts';

/** Told of a change of state. */
type StateListener = (state: ConnectionState) => void;

/** A place of a network where calls arrive. */
export class MemoryListener implements Listener {
  readonly address: string;
  readonly metadata = metadata({ transport: 'memory' });
  readonly #exchange: Exchange;
  readonly #limits: Limits;
  readonly #context = new AsyncResource('MemoryListener');
  readonly #crossings = new Set<Crossing>();
  readonly #states = new Set<StateListener>();
  readonly #losses = new Set<(reason: MicroError) => void>();
  readonly #idle = new Set<() => void>();
  readonly #life = closable(() => this.#end());
  readonly #leave: () => void;
  #draining = false;

  constructor(address: string, exchange: Exchange, limits: Limits, leave: () => void) {
    this.address = address;
    this.#exchange = exchange;
    this.#limits = limits;
    this.#leave = leave;
  }

  get closed(): Promise<unknown> {
    return this.#life.closed;
  }

  close(): Promise<void> {
    return this.#life.close();
  }

  async drain(): Promise<void> {
    if (!this.#draining) {
      this.#draining = true;
      for (const told of this.#states) told('draining');
    }
    if (this.#crossings.size > 0) await new Promise<void>((resolve) => this.#idle.add(resolve));
  }

  /** A connection of an app that is called `peer`. */
  connect(peer: string, limits: Limits): Connection {
    const mine = new Set<Crossing>();
    const states = new Set<StateListener>();
    const tell: StateListener = (state) => states.forEach((told) => told(state));
    let open = true;
    const life = closable(() => {
      open = false;
      this.#states.delete(tell);
      this.#losses.delete(life.lose);
      const gone = new MicroError('unavailable', 'the connection is closed');
      const told = new MicroError('cancelled', 'the caller went away');
      for (const crossing of mine) crossing.fail(gone, told);
    });
    this.#states.add(tell);
    this.#losses.add(life.lose);
    const exchange: Exchange = async (call) => {
      if (!open) throw refusal('unavailable', 'the connection is closed');
      return this.#cross(call, mine, smaller(limits, this.#limits), peer);
    };
    const onState = (listener: StateListener): void => {
      states.add(listener);
      if (this.#draining) listener('draining');
    };
    return Object.assign(life, { exchange, onState });
  }

  #cross(call: CallMessage, mine: Set<Crossing>, limits: Limits, peer: string): Promise<Message> {
    const { lifetime } = call;
    if (lifetime.reason !== undefined) throw lifetime.reason;
    if (lifetime.left <= 0) throw refusal('deadline_exceeded', 'no time is left for the call');
    if (this.#draining) throw refusal('unavailable', `${this.address} takes no more calls`);
    if (mine.size >= limits.callsPerConnection) {
      throw refusal('resource_exhausted', 'too many calls at once');
    }
    const over = (crossing: Crossing): void => {
      mine.delete(crossing);
      this.#crossings.delete(crossing);
      if (this.#crossings.size > 0) return;
      for (const resolve of this.#idle) resolve();
      this.#idle.clear();
    };
    const crossing = new Crossing(call, {
      ...{ limits, peer, over },
      exchange: this.#exchange,
      context: this.#context,
    });
    mine.add(crossing);
    this.#crossings.add(crossing);
    return crossing.start();
  }

  #end(): void {
    this.#draining = true;
    this.#leave();
    const gone = new MicroError('unavailable', `${this.address} is gone`);
    for (const crossing of this.#crossings) crossing.fail(gone);
    for (const lose of this.#losses) lose(gone);
  }
}

const refusal = (code: 'unavailable' | 'deadline_exceeded' | 'resource_exhausted', text: string) =>
  new MicroError(code, text, { refused: true });

/** What both sides allow. */
const smaller = (one: Limits, other: Limits): Limits => ({
  messageBytes: Math.min(one.messageBytes, other.messageBytes),
  metadataBytes: Math.min(one.metadataBytes, other.metadataBytes),
  handshake: Math.min(one.handshake, other.handshake),
  callsPerConnection: Math.min(one.callsPerConnection, other.callsPerConnection),
});
