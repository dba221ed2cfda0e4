import { closable } from '@micro-ts/interface';
import type { Closable, Losable, PluginContext } from '@micro-ts/interface';
import type { Redis } from 'ioredis';
import { end } from './client.ts';
import type { Client } from './client.ts';
import { dial } from './dial.ts';
import type { Dialled } from './dial.ts';
import type { RedisSettings } from './options.ts';
import { isFatal, redisError } from './redis-errors.ts';
import type { ScriptName } from './scripts.ts';

/** How often the server is asked whether it is still there, in ms. */
const heartbeat = 3_000;

type Listener = (text: string) => void;
type Verb = (keys: number, ...args: readonly (string | number)[]) => Promise<unknown>;

/** The two connections to the server, which live and die together. */
export class RedisLink implements Closable {
  readonly server: string;
  readonly #commands: Client;
  readonly #subscriber: Redis;
  readonly #end: Losable;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #owned = new Set<Losable>();
  #lost = false;

  constructor({ commands, subscriber, server }: Dialled) {
    this.server = server;
    this.#commands = commands;
    this.#subscriber = subscriber;
    const beat = setInterval(() => this.#beat(), heartbeat);
    this.#end = closable(() => {
      clearInterval(beat);
      this.#listeners.clear();
      for (const client of [commands, subscriber]) end(client);
    });
    for (const client of [commands, subscriber]) {
      let reason: unknown;
      client.on('error', (error: unknown) => (reason = error));
      client.on('end', () => {
        this.#end.lose(redisError(reason ?? new Error('closed the connection'), server));
      });
    }
    subscriber.on('message', (channel: string, text: string) => {
      for (const listener of [...(this.#listeners.get(channel) ?? [])]) listener(text);
    });
    void this.closed.then((reason) => {
      for (const each of this.#owned) each.lose(reason ?? 'the connection was closed');
      this.#owned.clear();
    });
  }

  static async open(options: RedisSettings, context: PluginContext): Promise<RedisLink> {
    return new RedisLink(await dial(options, context));
  }

  get closed(): Promise<unknown> {
    return this.#end.closed;
  }

  close(): Promise<void> {
    return this.#end.close();
  }

  /** Address of this machine on the way to the server. */
  get localAddress(): string | undefined {
    const { stream } = this.#subscriber;
    return 'localAddress' in stream ? stream.localAddress : undefined;
  }

  /** What hangs on the connection is lost with it. */
  own(each: Losable): void {
    this.#owned.add(each);
    void each.closed.then(() => this.#owned.delete(each));
  }

  /** Runs one of the scripts, which are atomic. @throws MicroError */
  async run(
    script: ScriptName,
    keys: readonly string[],
    ...args: readonly (string | number)[]
  ): Promise<unknown> {
    const verb = Reflect.get(this.#commands, script) as Verb;
    try {
      return await verb.call(this.#commands, keys.length, ...keys, ...args);
    } catch (cause) {
      throw this.#failed(cause, keys);
    }
  }

  /** Hears a channel from now on. @returns what to call to hear it no more */
  async listen(channel: string, listener: Listener): Promise<() => Promise<void>> {
    const known = this.#listeners.get(channel);
    const listeners = known ?? new Set<Listener>();
    listeners.add(listener);
    this.#listeners.set(channel, listeners);
    const stop = async (): Promise<void> => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      if (this.#listeners.get(channel) !== listeners) return;
      this.#listeners.delete(channel);
      if (this.#lost || this.#subscriber.status !== 'ready') return;
      await this.#subscriber.unsubscribe(channel).catch((cause: unknown) => this.#failed(cause));
    };
    try {
      // Asked each time: it may be on its way to be subscribed for another, who is not told yet.
      await this.#subscriber.subscribe(channel);
      return stop;
    } catch (cause) {
      const error = this.#failed(cause);
      void stop();
      throw error;
    }
  }

  /** A connection that does not answer, or whose server has another role now, is given up. */
  #failed(cause: unknown, keys: readonly string[] = []): unknown {
    const error = redisError(cause, this.server, keys);
    if (isFatal(cause)) {
      this.#lost = true;
      this.#end.lose(error);
    }
    return error;
  }

  #beat(): void {
    for (const client of [this.#commands, this.#subscriber]) {
      client.ping().catch((cause: unknown) => this.#failed(cause));
    }
  }
}
