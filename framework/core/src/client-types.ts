import type { Context, MetadataSource, Selector } from '@micro-ts/interface';
import type { Class } from './class.ts';
import type { Filters } from './filters.ts';
import type { Unreachable } from './unreachable.ts';
import type { IsAny, Received, Sent } from './wire-types.ts';

/** What one call may ask for. Each wins over what the app or the endpoint says. */
export interface CallOptions {
  /** Milliseconds until the deadline. Default 5,000; never more than is left of the outer call. */
  readonly timeout?: number | undefined;
  /** Cancels the call, and its handler, wherever it runs. */
  readonly signal?: AbortSignal | undefined;
  /** Text that travels beside the request. */
  readonly metadata?: MetadataSource;
  /** Repeating the call does no harm, so it may be tried again after it may have run. */
  readonly idempotent?: boolean | undefined;
  /** Chooses the node. */
  readonly selector?: Selector | undefined;
  /** Which nodes may be chosen. An object that is passed again is recognised faster than its equal. */
  readonly filters?: Filters | undefined;
  /** Calls this address, and asks no registry. */
  readonly address?: string | undefined;
  /** Attempts after the first one, at most. Default 2. */
  readonly retries?: number | undefined;
  /** Codec of the request and the response. Default `application/json`. */
  readonly contentType?: string | undefined;
  /** The call that this one is part of; inside a handler it is known without it. */
  readonly context?: Context | undefined;
}

/**
 * Calls a service by the methods of its class. It has what has the shape of a handler, as the caller
 * sees it: requests as they may be sent, responses as they arrive. `T` is the class, its interface,
 * or `typeof` the class; it is needed as a type only.
 * @example
 * const greeter: Client<Greeter> = app.client<Greeter>('greeter');
 * const { message } = await greeter.hello({ name: 'Ann' }, { timeout: 500 });
 */
export type Client<T> = {
  readonly [K in keyof InstanceOf<T> as HandlerKey<InstanceOf<T>, K>]: ClientMethod<
    InstanceOf<T>[K]
  >;
};

/** The instances of a class; what is no class stands for itself. */
type InstanceOf<T> = T extends Class<infer I> ? I : T;

/** A client of which no type is known: any method, any message. */
export type UntypedClient = Readonly<Record<string, UntypedMethod>>;

/** A call is a promise and an async iterable at once; the endpoint's kind decides which one to use. */
export type UntypedMethod = (
  request?: object,
  options?: CallOptions,
) => Promise<unknown> & AsyncIterable<unknown>;

/** Makes clients: `app.client`. The untyped form comes first, or `T` would become `object`. */
export interface ClientFactory {
  (service: string): UntypedClient;
  <T extends object>(service: string | Class<T>): Client<T>;
}

/** One method of a {@link Client}. */
export type ClientMethod<F> = F extends (...args: infer A) => infer R
  ? Invocation<A extends readonly [] ? undefined : A[0], ResponseOf<R>>
  : never;

type Invocation<Q, R> = [Q] extends [AsyncIterable<infer C>]
  ? (requests: AsyncIterable<Sent<C>> | Iterable<Sent<C>>, options?: CallOptions) => R
  : [Q] extends [undefined]
    ? (request?: Record<string, never>, options?: CallOptions) => R
    : undefined extends Q
      ? (request?: Sent<Q>, options?: CallOptions) => R
      : (request: Sent<Q>, options?: CallOptions) => R;

/** What a caller gets of a method that returns `R`. */
export type ResponseOf<R> =
  R extends AsyncIterable<infer C>
    ? AsyncIterable<Received<C>>
    : R extends Promise<infer V>
      ? Promise<Received<V>>
      : never;

/** The shape of a handler. A message is an object, and an array is none. */
type AnyHandler = (request: never, context: Context) => Promise<object> | AsyncIterable<object>;

/**
 * `K` if it names a handler. The first question is asked of an object that holds the method: asked of
 * the method itself, classes that have clients of each other as public fields would never end.
 */
type HandlerKey<T, K extends keyof T> = K extends Unreachable
  ? never
  : { readonly is: T[K] } extends { readonly is: AnyHandler }
    ? IsAny<T[K]> extends true
      ? never
      : T[K] extends (...args: infer A) => infer R
        ? IsMessage<MessageOf<R>> extends true
          ? IsRequest<A[0]> extends true
            ? K
            : never
          : never
        : never
    : never;

/** What a method returns, one message or each message of a stream. */
export type MessageOf<R> =
  R extends AsyncIterable<infer C> ? C : R extends PromiseLike<infer V> ? V : R;

/** True for objects that are no arrays, and where the type is not known. */
export type IsMessage<M> =
  IsAny<M> extends true
    ? true
    : unknown extends M
      ? true
      : [M] extends [object]
        ? [M] extends [readonly unknown[]]
          ? false
          : true
        : false;

/** True for what a handler can have as its first parameter. */
export type IsRequest<Q> = [Q] extends [undefined]
  ? true
  : [Q] extends [AsyncIterable<infer C>]
    ? IsMessage<C>
    : IsMessage<unknown extends Q ? Q : Exclude<Q, undefined>>;
