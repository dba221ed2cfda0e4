import { closable, metadata } from '@micro-ts/interface';
import type { Closable, Exchange, Limits, Listener, Logger } from '@micro-ts/interface';
import { acceptFrames } from '@micro-ts/frames';
import type { FramesServer } from '@micro-ts/frames';
import type { Bus, Post, Receiver } from './bus.ts';
import { LoopStall } from './loop-stall.ts';
import { PlainServer } from './plain-server.ts';
import { kind, windowIn } from './tunnel-message.ts';
import { Tunnels } from './tunnels.ts';

/** go-micro's callers of this long ago, in ms, are thought to come again. */
const recently = 60_000;
/** Most tunnels to one listener. */
const mostTunnels = 8_192;

/** What a listener is made with. */
export interface BusListenerSettings {
  readonly bus: Bus;
  /** Name of the transport in the node's record. */
  readonly transport: string;
  readonly exchange: Exchange;
  readonly limits: Limits;
  readonly logger: Logger;
}

/** Serves calls that come over a bus: in tunnels, and one by one from go-micro. */
export async function listenOnBus(
  address: string | undefined,
  settings: BusListenerSettings,
): Promise<Listener> {
  const stall = new LoopStall();
  const plain = new PlainServer({ ...settings, stall });
  const frames = new FramesOnBus(settings, stall);
  const receiver: Receiver = {
    tunnel: (id, bytes, reply) => frames.receive(id, bytes, reply),
    plain: (id, read, reply) => plain.request(id, read, reply),
    nobody: (id) => frames.tunnels.nobody(id),
  };
  let post: Post;
  try {
    post = await settings.bus.listen(address, receiver);
  } catch (error) {
    stall.stop();
    throw error;
  }
  plain.post = frames.tunnels.post = stall.post = post;
  const end = closable(async () => {
    stall.stop();
    plain.close();
    await frames.close();
    await post.close();
  });
  void post.closed.then((reason) => {
    const why = reason ?? 'the bus was closed';
    frames.tunnels.lose('the bus is gone', why);
    end.lose(why);
  });
  const drain = async (): Promise<void> => {
    const tunnels = frames.drain();
    await post.drain();
    await Promise.all([plain.idle(), tunnels]);
    await post.flush();
  };
  return {
    address: post.address,
    metadata: metadata({
      transport: settings.transport,
      protocol: 'mucp',
      server: 'mucp',
      frames: '1',
    }),
    closed: end.closed,
    close: end.close,
    needsGrace: () => plain.servedWithin(recently),
    drain: () => Promise.race([drain(), end.closed.then(() => undefined)]),
  };
}

/** The tunnels of one listener, with the frames in them. */
class FramesOnBus {
  readonly tunnels: Tunnels;
  readonly #settings: BusListenerSettings;
  readonly #connections = new Set<FramesServer & Closable>();
  #draining = false;

  constructor(settings: BusListenerSettings, stall: LoopStall) {
    this.#settings = settings;
    this.tunnels = new Tunnels(() => stall.reading);
  }

  receive(id: string, bytes: Buffer, reply: string): void {
    if (this.tunnels.has(id) || bytes[0] !== kind.open) this.tunnels.receive(id, bytes, reply);
    else this.#open(id, bytes, reply);
  }

  async drain(): Promise<void> {
    this.#draining = true;
    await Promise.all([...this.#connections].map((connection) => connection.drain()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.close()));
  }

  #open(id: string, bytes: Buffer, reply: string): void {
    const window = windowIn(bytes);
    if (reply === '') return;
    if (window === undefined) return this.tunnels.refuse(id, reply, 'an OPEN that cannot be read');
    if (this.tunnels.size >= mostTunnels) return this.tunnels.refuse(id, reply, 'too many tunnels');
    const { exchange, limits } = this.#settings;
    const tunnel = this.tunnels.accept(id, reply, window);
    const connection = acceptFrames(tunnel, exchange, { limits, peer: reply });
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
    // The no comes before the first call, which is only sent when this is accepted.
    if (this.#draining) void connection.drain();
  }
}
