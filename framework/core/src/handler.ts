import { ConfigError } from '@micro-ts/interface';
import type { Context } from '@micro-ts/interface';
import type { IsMessage, IsRequest, MessageOf } from './client-types.ts';
import { methodDecorator } from './method-decorator.ts';
import type { Checked, MethodOf, PlaceVerdict } from './method-decorator.ts';
import { refuseUndefined } from './schema-or-class.ts';
import type { AcceptedBy, SchemaOrClass, ValueOf } from './schema-or-class.ts';
import { isUnreachable } from './unreachable.ts';
import type { Unreachable } from './unreachable.ts';
import type { IsAny } from './wire-types.ts';

/** What `@Handler` can be told. */
export interface HandlerOptions<
  Q extends SchemaOrClass = SchemaOrClass,
  P extends SchemaOrClass = SchemaOrClass,
  S extends 'client' | 'bidi' = 'client' | 'bidi',
> {
  /**
   * Checks each request before the method runs, and is published with the endpoint. A class-validator
   * DTO, or a schema of zod, valibot and their like; `unchecked` for none.
   */
  readonly request?: Q;
  /** Checks each response before it is sent, and is published with the endpoint. */
  readonly response?: P;
  /** Needed where the request is a stream, which cannot be seen otherwise. */
  readonly stream?: S;
  /** Repeating the call does no harm, so it may be tried again after it may have run. Default false. */
  readonly idempotent?: boolean;
  /** Deadline of a call whose caller names none, in ms. Default 5,000. */
  readonly timeout?: number;
  /** Name of the endpoint after the dot. Default: the method's, capitalised: `Greeter.Hello`. */
  readonly name?: string;
  /** How a gateway offers it: `GET /greet/:name`. */
  readonly http?: `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`;
  /** Published with the endpoint. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Not listed among the endpoints of the service, though it can be called. Default false. */
  readonly internal?: boolean;
}

/** A decorator of methods, legacy and standard, that compiles on handlers only. */
export interface HandlerDecorator<Q = never, P = never, S = never> {
  <T, F = never, const K = unknown>(
    target: T,
    at: Checked<K, HandlerVerdict<T, F, K, Q, P, S>>,
    descriptor?: TypedPropertyDescriptor<F>,
  ): void;
}

/**
 * Makes a method an endpoint: `hello` of class `Greeter` is called as `Greeter.Hello`. It takes the
 * request, which is an object, and its `Context`. It returns a promise of the response, which is an
 * object too, or an async iterable of them.
 * @example
 * class Greeter { @Handler({ request: HelloRequest })
 *   async hello({ name }: HelloRequest): Promise<HelloResponse> {
 *     return { message: `Hello ${name}` };
 *   }
 * }
 * @throws ConfigError if it stands elsewhere than on a public method.
 */
export function Handler<
  Q extends SchemaOrClass = never,
  P extends SchemaOrClass = never,
  S extends 'client' | 'bidi' = never,
>(options: HandlerOptions<Q, P, S> = {}): HandlerDecorator<Q, P, S> {
  return methodDecorator('@Handler', (record, method) => {
    refuseUndefined(`@Handler of ${method}`, options, ['request', 'response']);
    if (isUnreachable(method))
      throw new ConfigError(method, '@Handler cannot be on a method with this name', taken);
    record.handlers.set(method, { method, ...options });
  });
}

const taken =
  'JavaScript itself asks objects for it, so clients cannot have it. Rename the method; `name:` keeps its endpoint.';

type HandlerVerdict<T, F, K, Q, P, S> =
  PlaceVerdict<T, F, K, '@Handler', 'A handler'> extends infer Place extends string
    ? Place
    : NameOf<F, K> extends Unreachable
      ? 'JavaScript itself asks objects for this name, so clients cannot have it: rename the method'
      : [F] extends [never]
        ? ShapeVerdict<T, Q, P, S>
        : K extends keyof T
          ? ShapeVerdict<MethodOf<T, F>, Q, P, S>
          : 'A handler must be public';

type NameOf<F, K> = [F] extends [never] ? (K extends { readonly name: infer N } ? N : K) : K;

type ShapeVerdict<F, Q, P, S> = F extends (...args: infer A) => infer R
  ? ReturnVerdict<R> extends infer Bad extends string
    ? Bad
    : F extends (request: never, context: Context) => unknown
      ? RequestVerdict<A[0]> extends infer Bad extends string
        ? Bad
        : StreamVerdict<A[0], R, S> extends infer Bad extends string
          ? Bad
          : SchemaVerdict<A[0], R, Q, P>
      : 'A handler takes (request, context) and nothing else; the second parameter is a Context'
  : never;

type ReturnVerdict<R> =
  IsAny<R> extends true
    ? true
    : [R] extends [Promise<unknown> | AsyncIterable<unknown>]
      ? IsMessage<MessageOf<R>> extends true
        ? true
        : [MessageOf<R>] extends [void]
          ? 'A handler must return a message. Return {} when there is nothing to say, or use @Subscribe'
          : 'A handler must return a message, and a message is an object: put a text, a number or an array into one'
      : [R] extends [void]
        ? 'A handler must return a message. Return {} when there is nothing to say, or use @Subscribe'
        : 'A handler must return a Promise or an AsyncIterable: write async before its name';

type RequestVerdict<Q> =
  IsAny<Q> extends true
    ? true
    : [Q] extends [undefined]
      ? true
      : [Q] extends [Context]
        ? 'The first parameter of a handler is the request, the second its Context'
        : IsRequest<Q> extends true
          ? true
          : 'The request of a handler is a message, and a message is an object: put a text, a number or an array into one';

type IsStream<Q> =
  IsAny<Q> extends true
    ? false
    : [Q] extends [undefined]
      ? false
      : [Q] extends [AsyncIterable<unknown>]
        ? true
        : false;

type StreamVerdict<Q, R, S> =
  IsAny<Q> extends true
    ? true
    : unknown extends Q
      ? true
      : IsStream<Q> extends true
        ? [S] extends [never]
          ? "The request is a stream: write @Handler({ stream: 'client' }) or @Handler({ stream: 'bidi' })"
          : R extends AsyncIterable<unknown>
            ? S extends 'bidi'
              ? true
              : "Both sides stream: write @Handler({ stream: 'bidi' })"
            : S extends 'client'
              ? true
              : "Only the request streams: write @Handler({ stream: 'client' })"
        : [S] extends [never]
          ? true
          : 'stream is given, but the first parameter is no AsyncIterable';

type SchemaVerdict<Q, R, RequestSchema, ResponseSchema> = [RequestSchema] extends [never]
  ? ResponseVerdict<R, ResponseSchema>
  : [Q] extends [undefined]
    ? ResponseVerdict<R, ResponseSchema>
    : [ValueOf<RequestSchema>] extends [Q extends AsyncIterable<infer C> ? C : Q]
      ? ResponseVerdict<R, ResponseSchema>
      : 'The request schema yields another type than the first parameter has';

type ResponseVerdict<R, S> = [S] extends [never]
  ? true
  : [MessageOf<R>] extends [AcceptedBy<S>]
    ? true
    : 'The response schema does not accept what the method returns';
