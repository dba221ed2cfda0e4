import { ConfigError } from '@micro-ts/interface';
import type { ConcreteClass } from './class.ts';
import type { InjectedBy, InjectionToken } from './token.ts';
import { nameOfToken } from './token.ts';

/** Types of what tokens stand for, in their order. */
export type InjectedByEach<N extends readonly InjectionToken[]> = {
  readonly [I in keyof N]: InjectedBy<N[I]>;
};

/** A value that is there already; closing it is the affair of who made it. */
export interface ProvidedValue<T> {
  readonly value: T;
}

/** A class that the container constructs, and closes at the end. */
export interface ProvidedClass<T> {
  readonly class: ConcreteClass<T>;
}

/** A function that makes the value, once for each app, before its services are constructed. */
export interface ProvidedByFactory<T, N extends readonly InjectionToken[]> {
  readonly factory: (...injected: InjectedByEach<N>) => T | Promise<T>;
  /** What the factory takes. */
  readonly inject?: N;
  /**
   * Lets go of the value when the app closes. Default: its `[Symbol.asyncDispose]`,
   * `[Symbol.dispose]`, or `close()` or `dispose()` if that takes no parameters.
   */
  readonly close?: (value: T) => unknown;
}

/** What an app can inject besides its own; made by {@link provide}. */
export interface Provider {
  readonly token: InjectionToken;
  readonly source:
    | ProvidedValue<unknown>
    | ProvidedClass<object>
    | {
        readonly factory: (...injected: never[]) => unknown;
        readonly inject?: readonly InjectionToken[];
        readonly close?: (value: never) => unknown;
      };
}

/**
 * Tells an app what to inject for a token: an interface, a connection that takes time to open, a fake
 * in a test. It comes before what Micro brings and before `@Injectable()`; of two for one token the
 * later one holds.
 * @example
 * providers: [
 *   provide(clock, { value: Date.now }),
 *   provide(Mailer, { class: SmtpMailer }),
 *   provide(Pool, { inject: [Logger], factory: (log) => openPool(log), close: (pool) => pool.end() }),
 * ]
 */
export function provide<
  const K extends InjectionToken,
  const N extends readonly InjectionToken[] = readonly [],
>(
  token: K,
  source:
    | ProvidedValue<InjectedBy<K>>
    | ProvidedClass<InjectedBy<K>>
    | ProvidedByFactory<InjectedBy<K>, N>,
): Provider {
  const tokens: readonly unknown[] = [token, ...(('inject' in source && source.inject) || [])];
  if (tokens.includes(undefined))
    throw new ConfigError(
      `provide(${nameOfToken(token)})`,
      'a class is undefined',
      'Its file is still loading: two files import each other. Move it to a file of its own.',
    );
  return { token, source: source as Provider['source'] };
}
