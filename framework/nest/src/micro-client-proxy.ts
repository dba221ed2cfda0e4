import { ClientProxy } from '@nestjs/microservices';
import type { ReadPacket, WritePacket } from '@nestjs/microservices';
import { createApp, metadata } from 'micro-ts';
import type { App, CallOptions, Config, PublishOptions } from 'micro-ts';
import { isObservable } from 'rxjs';
import { asPartOfCall } from './current-call.ts';
import { endpointOf, topicOf } from './pattern.ts';
import type { Pattern } from './pattern.ts';
import { isStream, valuesOf } from './streams.ts';

/** Whom a client proxy calls, and how. */
export interface MicroClientOptions {
  /** Name of the service. */
  readonly service: string;
  /** The app that it calls through. Default: one of its own, opened by the first call. */
  readonly app?: App;
  /** Of an app of its own: in place of the `micro.config.ts` that is otherwise looked for. */
  readonly config?: Config;
  /** Of each call, unless it says otherwise. */
  readonly options?: Omit<CallOptions, 'signal'>;
}

/**
 * Data with what one call or event may ask for besides.
 * @example client.send('Users.Get', new MicroRecord({ id: '1' }, { timeout: 500 }))
 */
export class MicroRecord<T = unknown> {
  readonly data: T;
  readonly options: CallOptions & PublishOptions;

  constructor(data: T, options: CallOptions & PublishOptions) {
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

  constructor(options: MicroClientOptions) {
    super();
    this.#options = options;
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

  override unwrap<T = Promise<App>>(): T {
    return this.connect() as T;
  }

  protected override publish(
    packet: ReadPacket,
    callback: (packet: WritePacket) => void,
  ): () => void {
    const cancel = new AbortController();
    const tell = async (): Promise<void> => {
      const answer = await this.#call(packet, cancel.signal);
      if (!isStream(answer)) return callback({ response: answer, isDisposed: true });
      for await (const response of answer) callback({ response });
      callback({ isDisposed: true });
    };
    tell().catch((err: unknown) => callback({ err }));
    return () => cancel.abort();
  }

  protected override async dispatchEvent<T>(packet: ReadPacket): Promise<T> {
    const app = await this.connect();
    const { data, options } = this.#read(packet);
    return (await app.publish(topicOf(packet.pattern as Pattern), data as object, options)) as T;
  }

  async #call(packet: ReadPacket, signal: AbortSignal): Promise<unknown> {
    const { service } = this.#options;
    const app = await this.connect();
    const { data, options } = this.#read(packet);
    const request = isObservable(data) ? valuesOf(data, signal) : data;
    const endpoint = endpointOf(service, packet.pattern as Pattern);
    return app.call(service, endpoint, request, { ...options, signal });
  }

  #read(packet: ReadPacket): { data: unknown; options: CallOptions & PublishOptions } {
    const given: unknown = packet.data;
    const record = given instanceof MicroRecord ? given : new MicroRecord(given, {});
    const usual = this.#options.options;
    const sent = metadata(usual?.metadata, packet.metadata, record.options.metadata);
    const options = { ...usual, ...record.options, metadata: sent };
    return { data: record.data, options: asPartOfCall(options) ?? options };
  }
}
