import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { createApp, MicroError } from 'micro-ts';
import type {
  App as MicroApp,
  AppHealth,
  ClientFactory,
  Closable,
  Config,
  Context,
} from 'micro-ts';
import type { Node, PublishOptions, RawCallOptions, ReceivedOn, RegistryListener } from 'micro-ts';
import type { SentOn, SubscriptionOptions, Topic } from 'micro-ts';
import { asPartOfCall, expectCalls } from './current-call.ts';
import { lateClient } from './late-client.ts';

/**
 * Micro's app in Nest: a token and a type in one. It opens in `onModuleInit`, before the hooks of
 * modules that import nothing global, and closes in `onApplicationShutdown`, after them: what is
 * injected elsewhere can call until the last request is answered. Calls made while a handler of
 * `MicroServer` runs inherit its deadline, cancel and trace.
 * @example constructor(@Inject(App) private readonly app: App) {}
 */
export class App implements MicroApp, OnModuleInit, OnApplicationShutdown {
  readonly #config: Config | undefined;
  #opening: Promise<MicroApp> | undefined = undefined;
  #app: MicroApp | undefined = undefined;

  /** @param config in place of the `micro.config.ts` that is otherwise looked for */
  constructor(config?: Config) {
    this.#config = config;
    expectCalls();
  }

  /** @throws ConfigError for what is configured wrongly; nothing is left open then */
  async onModuleInit(): Promise<void> {
    this.#opening ??= createApp(this.#config);
    this.#app = await this.#opening;
  }

  async onApplicationShutdown(): Promise<void> {
    const app = await this.#opening?.catch(() => undefined);
    await app?.close();
  }

  get name(): string {
    return this.#open.name;
  }

  get nodes(): readonly Node[] {
    return this.#open.nodes;
  }

  /** Clients may be made before the app is open; calls may not. */
  readonly client: ClientFactory = ((service: string) =>
    lateClient(() => this.#open.client(service))) as ClientFactory;

  call(
    service: string,
    endpoint: string,
    request?: unknown,
    options?: RawCallOptions,
  ): Promise<unknown> {
    return this.#open.call(service, endpoint, request, asPartOfCall(options));
  }

  publish<K extends Topic | string>(
    topic: K,
    event: SentOn<K>,
    options?: PublishOptions,
  ): Promise<void> {
    return this.#open.publish(topic, event, asPartOfCall(options));
  }

  subscribe<K extends Topic | string>(
    topic: K,
    handler: (event: ReceivedOn<K>, context: Context) => Promise<void>,
    options?: SubscriptionOptions,
  ): Promise<Closable> {
    return this.#open.subscribe(topic, handler, options);
  }

  register(node: Node, ttl?: number): Promise<Closable> {
    return this.#open.register(node, ttl);
  }

  deregister(node: Node): Promise<void> {
    return this.#open.deregister(node);
  }

  lookup(service: string): Promise<readonly Node[]> {
    return this.#open.lookup(service);
  }

  list(): Promise<readonly string[]> {
    return this.#open.list();
  }

  watch(listener: RegistryListener, service?: string): Promise<Closable> {
    return this.#open.watch(listener, service);
  }

  health(): AppHealth {
    return this.#open.health();
  }

  /** Nest does it. Twice is fine. */
  close(): Promise<void> {
    return this.onApplicationShutdown();
  }

  get #open(): MicroApp {
    if (this.#app !== undefined) return this.#app;
    throw new MicroError(
      'failed_precondition',
      'the app of MicroModule opens in onModuleInit: use it there or later, not in a constructor',
    );
  }
}
