import { Logger } from '@nestjs/common';
import type {
  BeforeApplicationShutdown,
  OnApplicationShutdown,
  OnModuleInit,
} from '@nestjs/common';
import { MicroError } from 'micro-ts';
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
import { AppLife } from './app-life.ts';
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
export class App
  implements MicroApp, OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown
{
  /** What `MicroServer`s of the same application serve through it. */
  readonly serving: Serving = new Serving();
  readonly #config: Config | undefined;
  readonly #log = new Logger(App.name);
  /** The last one, and those before that can call still. */
  readonly #lives = new Set<AppLife>();
  #life: AppLife | undefined = undefined;
  #draining: Promise<void> | undefined = undefined;
  #ending = false;
  #app: MicroApp | undefined = undefined;

  /** @param config in place of the `micro.config.ts` that is otherwise looked for */
  constructor(config?: Config) {
    this.#config = config;
    expectCalls();
  }

  /** @throws ConfigError for what is configured wrongly; nothing is left open then */
  async onModuleInit(): Promise<void> {
    this.#life ??= this.#begin();
    this.#app ??= await this.#life.opened;
  }

  beforeApplicationShutdown(): void {
    this.#ending = true;
  }

  async onApplicationShutdown(): Promise<void> {
    this.#ending = true;
    await Promise.all([...this.#lives].map((life) => life.end()));
  }

  /**
   * Serves what was added to `serving`; `MicroServer` does it. Idempotent.
   * @throws ConfigError for what is configured wrongly; the app is closed then
   */
  async serve(): Promise<void> {
    await this.onModuleInit();
    await this.#life?.serve();
  }

  /**
   * Deregisters, and resolves when what is in hand is answered. It can call until it is closed, and
   * serve again.
   */
  async drain(): Promise<void> {
    const life = this.#life;
    if (life?.serves === true) this.#draining = this.#drain(life);
    await this.#draining;
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

  /** Nest does it. Idempotent. */
  close(): Promise<void> {
    return this.onApplicationShutdown();
  }

  #begin(): AppLife {
    const life = new AppLife(this.#config, this.serving);
    this.#lives.add(life);
    return life;
  }

  /**
   * A life that was drained ends soon, in the middle of a call perhaps. If the application goes on it
   * has another one for the calls to come.
   */
  async #drain(life: AppLife): Promise<void> {
    await life.drain();
    void life.closed.then(() => this.#lives.delete(life));
    if (this.#ending || this.#life !== life) return;
    const next = (this.#life = this.#begin());
    try {
      this.#app = await next.opened;
      life.endSoon();
    } catch (error) {
      if (!this.#ending) this.#log.error('it cannot open again, and calls no more', error);
    }
  }

  get #calling(): MicroApp {
    if (this.#app !== undefined) return this.#app;
    throw new MicroError(
      'failed_precondition',
      'the app of MicroModule opens in onModuleInit: use it there or later, not in a constructor',
    );
  }
}
