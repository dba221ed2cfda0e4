import type { Channel, ChannelModel, ConfirmChannel, SocketOptions } from 'amqplib';
import { closable, MicroError } from '@micro-ts/interface';
import type { Closable, PluginContext } from '@micro-ts/interface';
import { readClientTls } from '@micro-ts/tls';
import { atMost } from './at-most.ts';
import { brokenError, dialError, noAnswer } from './errors.ts';
import { joinWrites } from './join-writes.ts';
import type { RabbitmqSettings } from './options.ts';
import { nameOf, serversOf } from './servers.ts';
import type { Server } from './servers.ts';

/** How long a server may take to say goodbye, in ms. */
const farewell = 500;

/** One AMQP connection. It lives once; whatever was opened on it ends with it. */
export interface RabbitConnection extends Closable {
  /** `host:port`, for the texts of errors. */
  readonly server: string;
  /**
   * A channel of its own. An error of the server on it closes it and nothing else, which its event
   * `close` tells; `error` need not be listened to.
   */
  channel(): Promise<Channel>;
  /** The same for messages that the server confirms. */
  confirmChannel(): Promise<ConfirmChannel>;
  /** Runs work on a channel that is closed afterwards; what the server says against it rejects. */
  briefly<T>(work: (channel: Channel) => Promise<T>): Promise<T>;
  /** Closes it before this connection, unless it ends by itself. */
  own(each: Closable): void;
  /** Why the server takes no messages for now: an alarm of memory or disk. */
  readonly blocked: string | undefined;
  /** Told when that changes. Returns what to call to hear no more. */
  onBlocked(listener: (reason: string | undefined) => void): () => void;
}

/**
 * Dials the servers in turn, within `limits.handshake`.
 * @throws MicroError that says why the last one could not be had, refused
 */
export async function dial(
  options: RabbitmqSettings,
  context: PluginContext,
): Promise<RabbitConnection> {
  const servers = serversOf(options);
  const end = performance.now() + context.limits.handshake * 0.9;
  let failed: MicroError | undefined;
  for (const [at, server] of servers.entries()) {
    const share = (end - performance.now()) / (servers.length - at);
    try {
      return await open(server, options, context.app, share);
    } catch (error) {
      if (!(error instanceof MicroError)) throw error; // a mistake in the configuration
      failed = error;
    }
  }
  throw failed ?? new MicroError('unavailable', 'there is no server', { refused: true });
}

async function open(
  server: Server,
  { heartbeat, tls }: RabbitmqSettings,
  app: string,
  patience: number,
): Promise<RabbitConnection> {
  const { connect } = await import('amqplib');
  const { secure, host, port, username, password, vhost } = server;
  const security = secure ? readClientTls(tls, 'rabbitmq') : {};
  const socket = new AbortController(); // the one way to take the driver's socket away
  const place = { hostname: host, port, username, password, vhost: encodeURIComponent(vhost) };
  const wire = {
    noDelay: true,
    signal: socket.signal,
    clientProperties: { connection_name: app },
    ...security,
  };
  const timer = setTimeout(() => socket.abort(), patience);
  try {
    const protocol = secure ? 'amqps' : 'amqp';
    const peer = { protocol, ...place, heartbeat: Math.ceil(heartbeat / 1_000) };
    const model = await connect(peer, wire as SocketOptions);
    joinWrites(model.connection);
    return new AmqpConnection(model, nameOf(server), () => socket.abort());
  } catch (error) {
    socket.abort();
    throw dialError(server, (error as Error).name === 'AbortError' ? noAnswer : error);
  } finally {
    clearTimeout(timer);
  }
}

class AmqpConnection implements RabbitConnection {
  readonly server: string;
  readonly closed: Promise<unknown>;
  readonly close: () => Promise<void>;
  readonly #model: ChannelModel;
  readonly #listeners = new Set<(reason: string | undefined) => void>();
  readonly #owned = new Set<Closable>();
  #over = false;
  #blocked: string | undefined = undefined;

  constructor(model: ChannelModel, server: string, destroy: () => void) {
    this.#model = model;
    this.server = server;
    let open = true;
    const link = closable(async () => {
      this.#over = true;
      await Promise.allSettled([...this.#owned].map((each) => each.close()));
      if (open)
        await atMost(
          farewell,
          model.close().catch(() => undefined),
        );
      destroy();
    });
    let reason: unknown;
    model.on('error', (error) => (reason = error));
    model.on('close', (error) => {
      open = false;
      link.lose(brokenError(server, reason ?? error));
    });
    model.on('blocked', (why) => this.#tell(why));
    model.on('unblocked', () => this.#tell(undefined));
    this.closed = link.closed;
    this.close = link.close;
  }

  get blocked(): string | undefined {
    return this.#blocked;
  }

  onBlocked(listener: (reason: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  own(each: Closable): void {
    if (this.#over) {
      void each.close().catch(() => undefined);
      return;
    }
    this.#owned.add(each);
    void each.closed.then(() => this.#owned.delete(each));
  }

  channel(): Promise<Channel> {
    return this.#made(() => this.#model.createChannel());
  }

  confirmChannel(): Promise<ConfirmChannel> {
    return this.#made(() => this.#model.createConfirmChannel());
  }

  async briefly<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = await this.channel();
    try {
      return await work(channel);
    } catch (error) {
      throw brokenError(this.server, error);
    } finally {
      void channel.close().catch(() => undefined); // the server may have closed it
    }
  }

  async #made<C extends Channel>(make: () => Promise<C>): Promise<C> {
    try {
      const channel = await make();
      channel.on('error', () => undefined); // told by `close`
      return channel;
    } catch (error) {
      throw brokenError(this.server, error, true);
    }
  }

  #tell(reason: string | undefined): void {
    this.#blocked = reason;
    for (const listener of this.#listeners) listener(reason);
  }
}
