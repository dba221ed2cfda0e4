import type { Lifetime } from './lifetime.ts';
import type { Metadata } from './metadata.ts';
import type { EndpointKind } from './node.ts';

/**
 * Key of a value that interceptors and handlers share during one call.
 * @example const user: ContextKey<User | undefined> = { name: 'user', initial: undefined };
 */
export interface ContextKey<T> {
  readonly name: string;
  /** What {@link Context.get} returns while nothing was set. */
  readonly initial: T;
}

/**
 * What a handler may know of the call that it answers; its second argument. An abstract class, so
 * that it can stand in a decorated signature without `import type`.
 */
export abstract class Context {
  /** Name of the service that is called. */
  abstract readonly service: string;
  /** `Greeter.Hello`, or the topic of an event. */
  abstract readonly endpoint: string;
  /** What came along. It is not sent on with the calls that the handler makes. */
  abstract readonly metadata: Metadata;
  /** 1 for the first attempt, counted across the wire. */
  abstract readonly attempt: number;
  /** The other side: the caller in a server; in a client the node's id, once it is chosen. */
  abstract readonly peer: string | undefined;
  /** Aborts when the deadline passes, the caller cancels, or the caller's process dies. */
  abstract readonly signal: AbortSignal;
  /** Milliseconds until the deadline; `Infinity` if there is none. */
  abstract readonly timeLeft: number;
  abstract get<T>(key: ContextKey<T>): T;
  abstract set<T>(key: ContextKey<T>, value: T): void;
}

/** What {@link Call.with} can change. */
export interface CallChanges {
  readonly request?: unknown;
  readonly metadata?: Metadata;
  readonly attempt?: number;
  readonly lifetime?: Lifetime;
}

/** One call, publication or delivery, as interceptors see it, on either side. */
export interface Call extends Context {
  readonly side: 'client' | 'server';
  readonly kind: EndpointKind;
  /** The value; an async iterable of values if the caller streams; raw bytes from gateways. */
  readonly request: unknown;
  readonly lifetime: Lifetime;
  /** Repeating it does no harm. */
  readonly idempotent: boolean;
  /** A copy with some of it changed, sharing the values of {@link Context.get}. */
  with(changes: CallChanges): Call;
}

/** Carries out a call: resolves with the value or an async iterable of values; `undefined` for events. */
export type Invoke = (call: Call) => Promise<unknown>;

/**
 * Stands round calls. The first of a list is the outermost.
 * @example
 * const timing: Interceptor = (next) => async (call) => {
 *   const start = performance.now();
 *   try {
 *     return await next(call);
 *   } finally {
 *     console.log(call.endpoint, performance.now() - start);
 *   }
 * };
 */
export type Interceptor = (next: Invoke) => Invoke;
