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
import { Serving } from './serving.ts';

/**
 * Micro's app in Nest: a token and a type in one. It opens in `onModuleInit`, before the hooks of
 * modules that import nothing global, and closes in `onApplicationShutdown`, after them: what is
 * injected elsewhere can call until the last request is answered. Calls made while a handler of
 * `MicroServer` runs inherit its deadline, cancel and trace.
 * @example constructor(@Inject(App) private readonly app: App) {}
 */
export class App implements MicroApp, OnModuleInit, OnApplicationShutdown {
  /** What `MicroServer`s of the same application serve through it. */
  readonly serving: Serving = new Serving();
  readonly #config: Config | undefined;
  #opening: Promise<void> | undefined = undefined;
  #running: Promise<MicroApp> | undefined = undefined;
  #app: MicroApp | undefined = undefined;

  /** @param config in place of the `micro.config.ts` that is otherwise looked for */
  constructor(config?: Config) {
    this.#config = config;
    expectCalls();
  }

  /** @throws ConfigError for what is configured wrongly; nothing is left open then */
  async onModuleInit(): Promise<void> {
    this.#opening ??= this.#open();
    await this.#opening;
  }

  async onApplicationShutdown(): Promise<void> {
    this.serving.end();
    const app = await this.#running?.catch(() => undefined);
    await app?.close();
  }

  /**
   * Serves what was added to `serving`; `MicroServer` does it. Twice is fine.
   * @throws ConfigError for what is configured wrongly; the app is closed then
   */
  async serve(): Promise<void> {
    await this.onModuleInit();
    this.serving.begin();
    await this.#running;
  }

  /** Deregisters, and resolves when what is in hand is answered. It can call until it is closed. */
  async drain(): Promise<void> {
    const app = await this.#running?.catch(() => undefined);
    if (app !== undefined) await Promise.race([this.serving.drained, app.close()]);
  }

  get name(): string {
    return this.#calling.name;
  }

  get nodes(): readonly Node[] {
    return this.#calling.nodes;
  }

  /** Clients may be made before the app is open; calls may not. */
  readonly client: ClientFactory = ((service: string) =>
    lateClient(() => this.#calling.client(service))) as ClientFactory;

  call(
    service: string,
    endpoint: string,
    request?: unknown,
    options?: RawCallOptions,
  ): Promise<unknown> {
    return this.#calling.call(service, endpoint, request, asPartOfCall(options));
  }

  publish<K extends Topic | string>(
    topic: K,
    event: SentOn<K>,
    options?: PublishOptions,
  ): Promise<void> {
    return this.#calling.publish(topic, event, asPartOfCall(options));
  }

  subscribe<K extends Topic | string>(
    topic: K,
    handler: (event: ReceivedOn<K>, context: Context) => Promise<void>,
    options?: SubscriptionOptions,
  ): Promise<Closable> {
    return this.#calling.subscribe(topic, handler, options);
  }

  register(node: Node, ttl?: number): Promise<Closable> {
    return this.#calling.register(node, ttl);
  }

  deregister(node: Node): Promise<void> {
    return this.#calling.deregister(node);
  }

  lookup(service: string): Promise<readonly Node[]> {
    return this.#calling.lookup(service);
  }

  list(): Promise<readonly string[]> {
    return this.#calling.list();
  }

  watch(listener: RegistryListener, service?: string): Promise<Closable> {
    return this.#calling.watch(listener, service);
  }

  health(): AppHealth {
    return this.#calling.health();
  }

  /** Nest does it. Twice is fine. */
  close(): Promise<void> {
    return this.onApplicationShutdown();
  }

  /** Resolves when it can call; with services it waits then until they are to serve. */
  #open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#running = this.#start((app) => {
        this.#app = app;
        resolve();
        return this.serving.begun;
      });
      this.#running.catch(reject);
    });
  }

  async #start(beforeServing: (app: MicroApp) => Promise<void>): Promise<MicroApp> {
    return createApp(this.#config, this.serving.services(), { beforeServing });
  }

  get #calling(): MicroApp {
    if (this.#app !== undefined) return this.#app;
    throw new MicroError(
      'failed_precondition',
      'the app of MicroModule opens in onModuleInit: use it there or later, not in a constructor',
    );
  }
}
