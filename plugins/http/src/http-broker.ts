import { randomUUID } from 'node:crypto';
import { Backlog } from '@micro-ts/delivery';
import { closable, metadata, MicroError } from '@micro-ts/interface';
import type {
  Broker,
  BrokerSubscribeOptions,
  Closable,
  DeliveryHandler,
} from '@micro-ts/interface';
import type { Message, Node, RoleContext } from '@micro-ts/interface';
import { encodeEnvelope, formatAddress, parseAddress } from '@micro-ts/wire';
import { Admission } from './admission.ts';
import { EventSender, limited } from './event-sender.ts';
import { EventServer } from './event-server.ts';
import type { EventTarget } from './event-server.ts';
import type { HttpSettings } from './options.ts';
import { brokerService, broadcastVersion, Subscribers } from './subscribers.ts';
import type { Scope } from './scope.ts';
import { readTls } from './tls.ts';
import type { TlsSettings } from './tls.ts';

/** How long a subscription's record lasts without being registered again, in ms: as go-micro has it. */
const ttl = 60_000;

/** Events that a subscription keeps while its handler is busy, and their bytes. */
const kept = { events: 1_024, bytes: 16 * 1024 * 1024 };

/**
 * Events without a server, as go-micro's `http` broker has them: each subscription is a node in the
 * registry, and publishing sends a POST to each of them.
 */
export class HttpBroker implements Broker {
  readonly #options: HttpSettings;
  readonly #context: RoleContext<Scope>;
  readonly #tls: TlsSettings;
  readonly #targets = new Map<string, EventTarget>();
  readonly #subscribers: Subscribers;
  readonly #sender: EventSender;
  #server: Promise<EventServer> | undefined = undefined;
  #scope: Promise<Scope> | undefined = undefined;

  /** @throws ConfigError if certificates cannot be read */
  constructor(options: HttpSettings, context: RoleContext<Scope>) {
    const { limits, registry } = context;
    this.#options = options;
    this.#context = context;
    this.#tls = readTls(options.tls);
    this.#subscribers = new Subscribers(registry, (watch) => void this.#own(watch));
    const { connections } = options;
    this.#sender = new EventSender({
      limits,
      connections,
      tls: this.#tls.client,
      patience: limits.handshake,
    });
  }

  async publish(topic: string, message: Message<Uint8Array>): Promise<void> {
    const { messageBytes, handshake } = this.#context.limits;
    if (message.body.length > messageBytes) {
      throw new MicroError('resource_exhausted', `an event of more than ${messageBytes} bytes`);
    }
    await this.#open();
    const marked = { ...message, metadata: metadata(message.metadata, { 'micro-topic': topic }) };
    const envelope = Buffer.from(encodeEnvelope(marked));
    const versions = await this.#subscribers.of(topic);
    if (versions.size === 0) return;
    const { lifetime, done } = limited(handshake * 0.9);
    const send = (node: Node): Promise<void> => this.#sender.send(node, envelope, lifetime);
    try {
      const all = [...versions].map(([version, nodes]) =>
        version === broadcastVersion ? toEach(nodes, send) : toOne(nodes, send),
      );
      const failed = (await Promise.allSettled(all)).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
    } finally {
      done();
    }
  }

  async subscribe(
    topic: string,
    handler: DeliveryHandler,
    { queue, delivery, concurrency }: BrokerSubscribeOptions,
  ): Promise<Closable> {
    if (delivery !== 'at-most-once') {
      throw new MicroError('unimplemented', `the http broker does not deliver ${delivery}`);
    }
    if (topic.split('.').some((word) => word === '*' || word === '>')) {
      throw new MicroError('unimplemented', 'the http broker knows no wildcards');
    }
    const { limits, logger, registry } = this.#context;
    const scope = await this.#open();
    const server = await this.#listen();
    const waiting = limits.callsPerConnection;
    const backlog = new Backlog(handler, { concurrency, ...kept, waiting });
    const node = await this.#node(topic, queue, server.address);
    this.#targets.set(node.id, { topic, backlog });
    const subscription = closable(async () => {
      try {
        await registry.deregister(node).catch((error: unknown) => {
          logger.warn('a subscription could not be deregistered', { topic, error });
        });
      } finally {
        this.#targets.delete(node.id);
        await backlog.close();
        await this.#leave(server);
      }
    });
    try {
      await registry.register(node, ttl);
    } catch (error) {
      await subscription.close();
      throw error;
    }
    void server.closed.then((reason) => reason === undefined || subscription.lose(reason));
    scope.own(subscription);
    return subscription;
  }

  /** What is held open hangs on the plugin's connection, which ends with the plugin. */
  async #open(): Promise<Scope> {
    this.#scope ??= this.#context.connection().then((scope) => {
      scope.own(this.#sender);
      return scope;
    });
    await this.#scope;
    return this.#context.connection();
  }

  async #own(watch: Closable): Promise<void> {
    (await this.#open()).own(watch);
  }

  /** One server for all subscriptions. */
  #listen(): Promise<EventServer> {
    if (this.#server !== undefined) return this.#server;
    const opening = (async () => {
      const { allowedOrigins, allowedHosts, brokerAddress } = this.#options;
      const { bind, advertise } = await this.#context.network();
      const admission = new Admission(allowedOrigins, [...allowedHosts, bind, advertise]);
      const address = brokerAddress ?? formatAddress(bind, 0);
      const settings = { limits: this.#context.limits, tls: this.#tls.server };
      const server = await EventServer.open(address, this.#targets, admission, settings);
      (await this.#open()).own(server);
      return server;
    })();
    const forget = (): void => {
      if (this.#server === opening) this.#server = undefined;
    };
    opening.then((server) => server.closed).then(forget, forget);
    this.#server = opening;
    return opening;
  }

  /** The last subscription that leaves closes the server. */
  async #leave(server: EventServer): Promise<void> {
    if (this.#targets.size > 0) return;
    this.#server = undefined;
    await server.close();
  }

  async #node(topic: string, queue: string | undefined, listening: string): Promise<Node> {
    const { advertise } = await this.#context.network();
    const secure = String(this.#tls.server !== undefined);
    return {
      id: `${topic}-${randomUUID()}`,
      service: brokerService,
      version: queue ?? broadcastVersion,
      address: formatAddress(advertise, parseAddress(listening).port),
      metadata: metadata({ broker: 'http', secure, topic }),
      endpoints: [],
    };
  }
}

type Send = (node: Node) => Promise<void>;

/** To every node; those that are gone need no event. */
async function toEach(nodes: readonly Node[], send: Send): Promise<void> {
  const all = nodes.map(async (node) => {
    try {
      await send(node);
    } catch (error) {
      const { code } = MicroError.from(error);
      if (code !== 'unavailable' && code !== 'not_found') throw error;
    }
  });
  const failed = (await Promise.allSettled(all)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

/** To one node by chance; to another if it certainly has not taken it. */
async function toOne(nodes: readonly Node[], send: Send): Promise<void> {
  const left = [...nodes];
  for (;;) {
    const [node] = left.splice(Math.floor(Math.random() * left.length), 1);
    if (node === undefined) throw new MicroError('unavailable', 'no subscriber can be reached');
    try {
      return await send(node);
    } catch (error) {
      if (!MicroError.from(error).refused || left.length === 0) throw error;
    }
  }
}
