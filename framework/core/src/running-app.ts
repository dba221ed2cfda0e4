import { closable, ConfigError, metadata, noMetadata } from '@micro-ts/interface';
import type { Closable, Context, Listener, Node, RegistryListener } from '@micro-ts/interface';
import type { App } from './app.ts';
import type { RawCallOptions } from './caller.ts';
import type { Class } from './class.ts';
import { createClient } from './client.ts';
import type { ClientFactory } from './client-types.ts';
import type { AppParts } from './app-parts.ts';
import { serveDebug } from './debug.ts';
import { capitalised, prefixOf } from './describe.ts';
import type { AppHealth } from './health.ts';
import { keep } from './keep.ts';
import type { Kept } from './keep.ts';
import { read } from './metadata.ts';
import { advertisedAddress, listenAddress } from './network.ts';
import type { PublishOptions } from './publisher.ts';
import { keepRegistered } from './registrar.ts';
import type { SubscriptionOptions } from './subscriptions.ts';
import type { ReceivedOn, SentOn, Topic } from './topic.ts';

/** The app at work: the order in which it starts and stops, and its six verbs. */
export class RunningApp implements App {
  readonly name: string;
  nodes: readonly Node[] = [];
  readonly #parts: AppParts;
  #listener: Listener | undefined = undefined;
  #registrations: readonly Kept[] = [];
  #subscriptions: readonly Kept[] = [];
  #closing: Promise<void> | undefined = undefined;

  constructor(parts: AppParts) {
    this.name = parts.name;
    this.#parts = parts;
  }

  /** Listen, `started`, subscribe, register: nobody hears of it before it can answer. */
  async start(): Promise<void> {
    const { services, subscriptions } = this.#parts;
    if (services.length > 0) await this.#listen();
    for (const service of services) await service.hook('started');
    this.#subscriptions = services.flatMap(({ subscribing }) =>
      subscribing.map((each) => subscriptions.open(each)),
    );
    await Promise.all(this.#subscriptions.map(({ tried }) => tried));
    this.#registrations = this.nodes.map((node) => this.#register(node));
    await Promise.all(this.#registrations.map(({ tried }) => tried));
  }

  readonly client: ClientFactory = ((service: string | Class): object => {
    const { caller } = this.#parts;
    if (typeof service === 'string') return createClient(caller, service);
    const recorded = read(service);
    if (recorded?.service === undefined)
      throw new ConfigError('client', `${service.name} has no @Service decorator`);
    const { name, prefix = prefixOf(service.name) } = recorded.service;
    return createClient(caller, name, (method) => {
      const endpoint = recorded.handlers.get(method)?.name ?? capitalised(method);
      return { endpoint: `${prefix}.${endpoint}` };
    });
  }) as ClientFactory;

  call(
    service: string,
    endpoint: string,
    request?: unknown,
    options?: RawCallOptions,
  ): Promise<unknown> {
    return this.#parts.caller.call(service, { endpoint }, request, options);
  }

  publish<K extends Topic | string>(
    topic: K,
    event: SentOn<K>,
    options?: PublishOptions,
  ): Promise<void> {
    return this.#parts.publisher.publish(topic, event, options);
  }

  async subscribe<K extends Topic | string>(
    topic: K,
    handler: (event: ReceivedOn<K>, context: Context) => Promise<void>,
    options: SubscriptionOptions = {},
  ): Promise<Closable> {
    const name = typeof topic === 'string' ? topic : topic.name;
    const endpoint = { name, kind: 'event', metadata: noMetadata } as const;
    const method = (event: unknown, context: Context): Promise<void> =>
      handler(event as ReceivedOn<K>, context);
    const own = { service: this.name, endpoint, topic: name, check: undefined, method, options };
    const kept = this.#parts.subscriptions.open(own);
    this.#subscriptions = [...this.#subscriptions, kept];
    await kept.tried;
    return kept;
  }

  async register(node: Node, ttl: number = this.#parts.settings.registerTtl): Promise<Closable> {
    const registration = this.#register(node, ttl);
    this.#registrations = [...this.#registrations, registration];
    await registration.tried;
    return registration;
  }

  lookup(service: string): Promise<readonly Node[]> {
    return this.#parts.roles.registry.lookup(service);
  }

  list(): Promise<readonly string[]> {
    return this.#parts.roles.registry.list();
  }

  async watch(listener: RegistryListener, service?: string): Promise<Closable> {
    const { roles, health } = this.#parts;
    const { registry } = roles;
    const told = health.part(`watch ${service ?? 'of all'}`, { needed: false });
    const open = async (): Promise<Closable> => {
      const watch = await registry.watch?.(listener, service);
      return watch ?? pollAll(() => this.#everything(service).then(listener));
    };
    const kept = keep(open, told);
    await kept.tried;
    return kept;
  }

  health(): AppHealth {
    return this.#parts.health.snapshot();
  }

  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  /** After a boot that failed: closes what was opened, without the manners of `close`. */
  async abandon(): Promise<void> {
    this.#parts.health.stopping = true;
    await this.#finish();
  }

  async #listen(): Promise<void> {
    const { roles, settings, server, services } = this.#parts;
    for (const { record, endpoints } of services)
      for (const endpoint of endpoints) server.add(record.name, endpoint);
    for (const name of server.services.keys())
      serveDebug(name, { ...this.#parts, logger: settings.logger });
    const network = await roles.network();
    const [transport] = roles.transports.values();
    const address = listenAddress(network, settings);
    this.#listener = await transport?.listen(address, server.exchange);
    this.#parts.loop.start();
    const listening = this.#listener?.address ?? address;
    this.nodes = this.#describeNodes(advertisedAddress(listening, network, settings));
  }

  /** One record for each service name, however many classes serve it. */
  #describeNodes(address: string): readonly Node[] {
    const { services, settings, roles, id } = this.#parts;
    const names = new Set(services.map(({ record }) => record.name));
    return [...names].map((service) => {
      const those = services.filter(({ record }) => record.name === service);
      return {
        id: `${service}-${id}`,
        service,
        version: settings.version ?? those[0]?.record.version ?? 'latest',
        address,
        metadata: metadata(
          { server: 'mucp', registry: roles.registryName, broker: roles.brokerName },
          this.#listener?.metadata,
          ...those.map(({ record }) => record.metadata),
          settings.metadata,
        ),
        endpoints: those.flatMap(({ published }) => published),
      };
    });
  }

  #register(node: Node, ttl: number = this.#parts.settings.registerTtl): Kept {
    const { roles, health } = this.#parts;
    const part = `registration ${node.id}`;
    const kept = keepRegistered(
      roles.registry,
      () => node,
      ttl,
      health.part(part, { needed: true }),
    );
    void kept.closed.then(() => health.forget(part));
    return kept;
  }

  async #everything(service: string | undefined): Promise<ReadonlyMap<string, readonly Node[]>> {
    const { registry } = this.#parts.roles;
    const names = service === undefined ? await registry.list() : [service];
    const lists = names.map(async (name) => [name, await registry.lookup(name)] as const);
    return new Map(await Promise.all(lists));
  }

  /** The order in which nothing is lost: out of the registry first, the connections of others last. */
  async #stop(): Promise<void> {
    const { health, settings, roles, services } = this.#parts;
    health.stopping = true;
    await Promise.allSettled(this.#registrations.map((each) => each.close()));
    const subscriptions = this.#subscriptions.map((each) => each.close());
    const needed = this.#listener?.needsGrace?.() ?? true;
    const grace = settings.grace ?? (needed ? roles.transportSupports.grace : 0);
    if (this.#listener !== undefined && grace > 0)
      await new Promise((resolve) => setTimeout(resolve, grace));
    await this.#listener?.drain();
    await Promise.allSettled(subscriptions);
    for (const service of services)
      await service.hook('stopping').catch((error: unknown) => {
        settings.logger.error('stopping failed', { service: service.record.name, error });
      });
    await this.#finish();
  }

  async #finish(): Promise<void> {
    const { resolver, container, roles, loop } = this.#parts;
    await Promise.allSettled(
      [...this.#registrations, ...this.#subscriptions].map((e) => e.close()),
    );
    await this.#listener?.close();
    loop.stop();
    await resolver.close();
    await container.close();
    await roles.close();
  }
}

/** For registries that cannot tell of changes. */
async function pollAll(tell: () => Promise<void>): Promise<Closable> {
  await tell();
  const timer = setInterval(() => void tell().catch(polling.lose), 5_000);
  timer.unref();
  const polling = closable(() => clearInterval(timer));
  return polling;
}
