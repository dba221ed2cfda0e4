import { Server } from '@nestjs/microservices';
import type { CustomTransportStrategy, MessageHandler } from '@nestjs/microservices';
import { ConfigError, createApp } from 'micro-ts';
import type { App as MicroApp, Class, Config, Context } from 'micro-ts';
import { finalize, Observable } from 'rxjs';
import { App } from './app.ts';
import { runAsPartOf, streamAsPartOf } from './current-call.ts';
import { microErrorOf } from './errors.ts';
import { checkNamed } from './check-named.ts';
import { MicroContext } from './micro-context.ts';
import { endpointOf, topicOf } from './pattern.ts';
import type { Pattern } from './pattern.ts';
import { serviceClasses } from './service-classes.ts';
import type { EventOptions, EventPlan, MessageOptions, MessagePlan } from './service-classes.ts';
import { Serving } from './serving.ts';
import { onlyValueOf, overBeforeTime, valuesOf } from './streams.ts';

/** What a Nest application is as a service. */
export interface MicroServerOptions {
  /** Name of the service. */
  readonly name: string;
  /** Default `latest`. */
  readonly version?: string;
  /** Labels of its nodes. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Queue of those event patterns that name none. Default: every instance gets every event. */
  readonly queue?: string;
  /**
   * The app of `MicroModule`, which then calls and serves in one: one set of connections, and one
   * configuration. Default: an app of its own.
   */
  readonly app?: App;
  /** Of an app of its own: in place of the `micro.config.ts` that is otherwise looked for. */
  readonly config?: Config;
}

/** Told as `status` of the microservice. */
export type MicroServerStatus = 'serving' | 'closed';

/**
 * Makes a Nest application a service of Micro: each `@MessagePattern` an endpoint that anybody can
 * call, each `@EventPattern` a subscription.
 * @example NestFactory.createMicroservice(AppModule, { strategy: new MicroServer({ name: 'math' }) });
 * @example nest.connectMicroservice({ strategy: new MicroServer({ name: 'math', app: nest.get(App) }) });
 */
export class MicroServer
  extends Server<Record<string, never>, MicroServerStatus>
  implements CustomTransportStrategy
{
  /** For handlers of one transport among several: `@MessagePattern('sum', MicroServer.transport)`. */
  static readonly transport: symbol = Symbol('micro');

  override readonly transportId: symbol = MicroServer.transport;
  /** An event that failed comes again, and who sees to that logs it. */
  override readonly propagatesEventHandlerErrors = true;
  readonly #options: MicroServerOptions;
  readonly #messages: MessagePlan[] = [];
  readonly #events: EventPlan[] = [];
  #app: Promise<MicroApp> | undefined = undefined;

  /** @throws ConfigError if there is no `name`, or `app` is open already or is not that of `MicroModule` */
  constructor(options: MicroServerOptions) {
    super();
    this.#options = checkNamed('MicroServer', 'name', options);
    checkApp(options.app);
    options.app?.serving.add(() => this.#services());
  }

  override addHandler(
    pattern: Pattern,
    handler: MessageHandler,
    isEvent: boolean = false,
    extras: object = {},
  ): void {
    this.#options.app?.serving.checkNotOpen();
    if (isEvent) {
      const { queue } = this.#options;
      const options: EventOptions = { ...(queue !== undefined && { queue }), ...extras };
      const handle = async (event: unknown, context: Context): Promise<void> =>
        void (await this.#answer(handler, event, context));
      this.#events.push({ topic: topicOf(pattern), options, handle });
      return;
    }
    super.addHandler(pattern, handler, isEvent, extras);
    this.#messages.push({
      endpoint: endpointOf(this.#options.name, pattern),
      pattern: this.normalizePattern(pattern),
      options: extras as MessageOptions,
      answer: (request, context) => this.#answer(handler, request, context),
      stream: (request, context) => this.#stream(handler, request, context),
    });
  }

  /** Serves. What is wrong with the configuration is told to the callback; nothing is left open then. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      this.#app ??= this.#open();
      await this.#app;
      this._status$.next('serving');
    } catch (error) {
      this.#app = undefined;
      return callback(error);
    }
    callback();
  }

  /**
   * Deregisters, and resolves when the calls and events in hand are answered. Twice is fine, and so is
   * listening again.
   */
  async close(): Promise<void> {
    const opening = this.#app;
    const app = await opening?.catch(() => undefined);
    if (app === undefined) return;
    await (app instanceof App ? app.drain() : app.close());
    if (this.#app === opening) this.#app = undefined;
    this._status$.next('closed');
  }

  /** There are no such events; see `status`. */
  override on(event: string): never {
    throw new Error(`MicroServer has no event ${event}`);
  }

  /** A promise of the app that serves. */
  override unwrap<T = Promise<MicroApp>>(): T {
    if (this.#app === undefined) throw new Error('MicroServer does not listen');
    return this.#app as T;
  }

  async #open(): Promise<MicroApp> {
    const { app, config } = this.#options;
    if (app === undefined) return createApp(config, this.#services());
    await app.serve();
    return app;
  }

  #services(): readonly Class[] {
    const { name, version, metadata } = this.#options;
    return serviceClasses({ name, version, metadata }, this.#messages, this.#events);
  }

  async #answer(handler: MessageHandler, request: unknown, context: Context): Promise<unknown> {
    const values = this.#values(handler, request, context);
    try {
      return await runAsPartOf(context, () => onlyValueOf(values, overBeforeTime(context)));
    } catch (error) {
      throw microErrorOf(error);
    }
  }

  async *#stream(
    handler: MessageHandler,
    request: unknown,
    context: Context,
  ): AsyncGenerator<unknown> {
    const values = valuesOf(this.#values(handler, request, context), overBeforeTime(context));
    try {
      yield* streamAsPartOf(context, values);
    } catch (error) {
      throw microErrorOf(error);
    }
  }

  /** What Nest makes of a request: guards, pipes, interceptors, handler and filters. */
  #values(handler: MessageHandler, request: unknown, context: Context): Observable<unknown> {
    const own = new MicroContext(context);
    return new Observable((subscriber) => {
      this.runWithProcessingHooks(own, async (end) => {
        try {
          const values: Observable<unknown> = this.transformToObservable(
            await handler(request, own),
          );
          subscriber.add(values.pipe(finalize(end)).subscribe(subscriber));
        } catch (error) {
          end();
          subscriber.error(error);
        }
      });
    });
  }
}

/** Others than TypeScript may give anything; and what is given may be a promise, or another copy's. */
function checkApp(app: unknown): void {
  if (app === undefined || (app instanceof App && app.serving instanceof Serving)) return;
  throw new ConfigError(
    'MicroServer',
    'the option app is not the App of MicroModule',
    "Give it nest.get(App), with the App of '@micro-ts/nest', of which there is one copy. " +
      'Without app it opens one of its own, with config.',
  );
}
