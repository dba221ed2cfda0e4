import { ClientProxy } from '@nestjs/microservices';
import type { ReadPacket, WritePacket } from '@nestjs/microservices';
import { createApp, metadata } from 'micro-ts';
import type { App, CallOptions, Config, PublishOptions } from 'micro-ts';
import { isObservable } from 'rxjs';
import { checkNamed } from './check-named.ts';
import { asPartOfCall, expectCalls } from './current-call.ts';
import { endpointOf, topicOf } from './pattern.ts';
import type { Pattern } from './pattern.ts';
import { aborted, isStream, valuesOf } from './streams.ts';

/** Whom a client proxy calls, and how. */
export interface MicroClientOptions {
  /** Name of the service. */
  readonly service: string;
  /** The app that it calls through. Default: one of its own, opened by the first call. */
  readonly app?: App;
  /** Of an app of its own: in place of the `micro.config.ts` that is otherwise looked for. */
  readonly config?: Config;
  /** Of each call, unless it says otherwise. */
  readonly options?: MicroRecordOptions;
}

/** What one call or event may ask for. A call is cancelled by unsubscribing. */
export type MicroRecordOptions = Omit<CallOptions, 'signal'> & PublishOptions;

/**
 * Data with what one call or event may ask for besides.
 * @example client.send('Users.Get', new MicroRecord({ id: '1' }, { timeout: 500 }))
 */
export class MicroRecord<T = unknown> {
  readonly data: T;
  readonly options: MicroRecordOptions;

  constructor(data: T, options: MicroRecordOptions) {
    this.data = data;
    this.options = options;
  }
}

/**
 * Nest's client of a service of Micro, whoever serves it. `send` calls, and is cancelled by whoever
 * unsubscribes; `emit` publishes. What fails is a `MicroError`. The data of a streaming endpoint is an
 * observable or an async iterable.
 * @example ClientsModule.register([
 *   { name: 'MATH', customClass: MicroClientProxy, options: { service: 'math' } },
 * ])
 */
export class MicroClientProxy extends ClientProxy {
  readonly #options: MicroClientOptions;
  #app: Promise<App> | undefined = undefined;

  /** @throws ConfigError if there is no `service` */
  constructor(options: MicroClientOptions) {
    super();
    this.#options = checkNamed('MicroClientProxy', 'service', options);
    expectCalls();
  }

  /** @throws ConfigError for what is configured wrongly */
  async connect(): Promise<App> {
    const { app, config } = this.#options;
    if (app !== undefined) return app;
    const opening = (this.#app ??= createApp(config));
    return opening.catch((error: unknown) => {
      if (this.#app === opening) this.#app = undefined;
      throw error;
    });
  }

  /** Closes the app if it is its own. */
  async close(): Promise<void> {
    const app = await this.#app?.catch(() => undefined);
    this.#app = undefined;
    await app?.close();
  }

  /** There are no such events: connections come and go with nodes, and `App.health()` says how it is. */
  override on(event: string): never {
    throw new Error(`MicroClientProxy has no event ${event}`);
  }

  override unwrap<T = Promise<App>>(): T {
    return this.connect() as T;
  }

  protected override publish(
    packet: ReadPacket,
    callback: (packet: WritePacket) => void,
  ): () => void {
    const { data, options } = this.#read(packet);
    const cancel = new AbortController();
    const { signal } = cancel;
    const streams = isObservable(data);
    const request = streams ? valuesOf(data, aborted(signal)) : data;
    let over = false;
    const end = (last: WritePacket): void => {
      over = true;
      callback(last);
    };
    const tell = async (): Promise<void> => {
      const answer = await this.#call(packet.pattern as Pattern, request, { ...options, signal });
      if (!isStream(answer)) return end({ response: answer, isDisposed: true });
      for await (const response of answer) callback({ response });
      end({ isDisposed: true });
    };
    tell().catch((err: unknown) => end({ err }));
    // Rx tears down what is over, too: an abort that nobody needs costs more than the call.
    return () => void ((over && !streams) || cancel.abort());
  }

  protected override async dispatchEvent<T>(packet: ReadPacket): Promise<T> {
    const app = await this.connect();
    const { data, options } = this.#read(packet);
    return (await app.publish(topicOf(packet.pattern as Pattern), data as object, options)) as T;
  }

  async #call(pattern: Pattern, request: unknown, options: CallOptions): Promise<unknown> {
    const { service } = this.#options;
    const app = await this.connect();
    return app.call(service, endpointOf(service, pattern), request, options);
  }

  #read({ data, metadata: hooked }: ReadPacket): Required<MicroRecord> {
    const { options: usual } = this.#options;
    const own = data instanceof MicroRecord ? data.options : undefined;
    const sources = [usual?.metadata, hooked, own?.metadata].filter((each) => each !== undefined);
    const sent = sources.length > 0 ? { metadata: metadata(...sources) } : undefined;
    const options = asPartOfCall({ ...usual, ...own, ...sent });
    return { data: data instanceof MicroRecord ? data.data : (data as unknown), options };
  }
}
