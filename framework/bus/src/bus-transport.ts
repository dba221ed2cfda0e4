import { MicroError } from '@micro-ts/interface';
import type { Closable, Connection, Exchange, Limits, Listener, Logger } from '@micro-ts/interface';
import type { Target, Transport } from '@micro-ts/interface';
import { connectFrames } from '@micro-ts/frames';
import type { Bus, Post } from './bus.ts';
import { listenOnBus } from './bus-listener.ts';
import { PlainCalls } from './plain-calls.ts';
import { PlainConnection } from './plain-connection.ts';
import { Tunnels } from './tunnels.ts';

/** What a transport over a bus is made with. */
export interface BusTransportSettings<C extends Closable> {
  /** Name of the transport: `nats`. */
  readonly name: string;
  /** The plugin's connection, dialled when first asked for, and again after it was lost. */
  readonly connection: () => Promise<C>;
  readonly busOf: (connection: C) => Bus;
  readonly limits: Limits;
  readonly logger: Logger;
}

/** The caller's side of one connection to the bus. */
interface Client {
  readonly bus: Bus;
  readonly post: Post;
  readonly tunnels: Tunnels;
  readonly calls: PlainCalls;
}

/** Calls over a message bus: frames in tunnels, and go-micro's own way with nodes that have none. */
export class BusTransport<C extends Closable> implements Transport {
  readonly #settings: BusTransportSettings<C>;
  readonly #clients = new WeakMap<C, Promise<Client>>();

  constructor(settings: BusTransportSettings<C>) {
    this.#settings = settings;
  }

  async connect({ address, metadata }: Target): Promise<Connection> {
    const { limits, connection, busOf } = this.#settings;
    const start = performance.now();
    const link = await connection();
    const client = await this.#client(link, busOf(link));
    const { bus, post, tunnels, calls } = client;
    if (metadata['frames'] === undefined) {
      return new PlainConnection({ post, calls, limits, address });
    }
    // A little less than the limit, so that the reason is known.
    const left = (limits.handshake - (performance.now() - start)) * 0.9;
    const tunnel = await tunnels.connect(bus.door(address), address, left);
    return connectFrames(tunnel, { limits, asksSooner: true });
  }

  async listen(address: string, exchange: Exchange): Promise<Listener> {
    const { connection, busOf, name, limits, logger } = this.#settings;
    const bus = busOf(await connection());
    const own = isNetworkAddress(address) ? undefined : address;
    return listenOnBus(own, { bus, transport: name, exchange, limits, logger });
  }

  #client(connection: C, bus: Bus): Promise<Client> {
    const known = this.#clients.get(connection);
    if (known !== undefined) return known;
    const made = open(bus);
    this.#clients.set(connection, made);
    const forget = (): void => {
      if (this.#clients.get(connection) === made) this.#clients.delete(connection);
    };
    made.then(({ post }) => post.closed).then(forget, forget);
    return made;
  }
}

async function open(bus: Bus): Promise<Client> {
  const tunnels = new Tunnels();
  const calls = new PlainCalls();
  const post = await bus.open({
    tunnel: (id, bytes, reply) => tunnels.receive(id, bytes, reply),
    plain: (id, read) => {
      const asked = calls.take(id);
      if (asked === undefined) return;
      try {
        asked.answered(read());
      } catch (cause) {
        asked.lost(new MicroError('data_loss', 'an answer that cannot be read', { cause }));
      }
    },
    nobody: (id) => {
      const asked = calls.take(id);
      if (asked === undefined) tunnels.nobody(id);
      else asked.nobody();
    },
  });
  tunnels.post = post;
  void post.closed.then((reason) => {
    const why = reason ?? 'the bus was closed';
    tunnels.lose('the bus is gone', why);
    calls.lose(why);
  });
  return { bus, post, tunnels, calls };
}

/** Where core would listen by default means nothing on a bus, which makes an address of its own. */
const isNetworkAddress = (address: string): boolean =>
  address === '' || address.includes(':') || /^\d+$/.test(address);
