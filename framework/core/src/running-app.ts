import { ConfigError, MicroError, noMetadata } from '@micro-ts/interface';
import type { Closable, Context, Node, RegistryListener, Services } from '@micro-ts/interface';
import type { App } from './app.ts';
import type { BuiltApp } from './built-app.ts';
import type { RawCallOptions } from './caller.ts';
import type { Class } from './class.ts';
import { createClient } from './client.ts';
import type { ClientFactory } from './client-types.ts';
import { capitalised, prefixOf } from './endpoint-names.ts';
import type { AppHealth } from './health.ts';
import { keep } from './keep.ts';
import type { Lifecycle } from './lifecycle.ts';
import { read } from './metadata.ts';
import type { PublishOptions } from './publisher.ts';
import { watchRegistry } from './registry-watch.ts';
import type { SubscriptionOptions } from './subscriptions.ts';
import type { ReceivedOn, SentOn, Topic } from './topic.ts';

/** The app that {@link App} describes, once it has booted. */
export class RunningApp implements App {
  readonly name: string;
  readonly #parts: BuiltApp;
  readonly #lifecycle: Lifecycle;
  #closing: Promise<void> | undefined = undefined;

  constructor(parts: BuiltApp, lifecycle: Lifecycle) {
    this.name = parts.name;
    this.#parts = parts;
    this.#lifecycle = lifecycle;
  }

  get nodes(): readonly Node[] {
    return this.#lifecycle.nodes;
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

  subscribe<K extends Topic | string>(
    topic: K,
    handler: (event: ReceivedOn<K>, context: Context) => Promise<void>,
    options: SubscriptionOptions = {},
  ): Promise<Closable> {
    const name = typeof topic === 'string' ? topic : topic.name;
    const endpoint = { name, kind: 'event', metadata: noMetadata } as const;
    const method = (event: unknown, context: Context): Promise<void> =>
      handler(event as ReceivedOn<K>, context);
    const own = { service: this.name, endpoint, topic: name, check: undefined, method, options };
    return this.#parts.subscriptions.open(own);
  }

  async register(node: Node, ttl?: number): Promise<Closable> {
    if (ttl !== undefined && !(ttl > 0))
      throw new MicroError('invalid_argument', `ttl is ${ttl}, and should be above 0`);
    return this.#lifecycle.register(node, ttl);
  }

  deregister(node: Node): Promise<void> {
    return this.#parts.roles.registry.deregister(node);
  }

  lookup(service: string): Promise<readonly Node[]> {
    return this.#parts.roles.registry.lookup(service);
  }

  list(): Promise<readonly string[]> {
    return this.#parts.roles.registry.list();
  }

  watch(listener: RegistryListener, service?: string): Promise<Closable> {
    const { roles, settings } = this.#parts;
    const tell = (changed: Services): void => {
      try {
        listener(changed);
      } catch (error) {
        settings.logger.error('a listener of watch failed', { error });
      }
    };
    return this.#lifecycle.watches.open('registry watch', false, (told) =>
      keep(() => watchRegistry(roles.registry, tell, service), told),
    );
  }

  health(): AppHealth {
    return this.#parts.health.snapshot();
  }

  close(): Promise<void> {
    this.#closing ??= this.#lifecycle.stop();
    return this.#closing;
  }
}
