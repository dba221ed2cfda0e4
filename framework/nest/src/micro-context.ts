import { BaseRpcContext } from '@nestjs/microservices';
import type { Context, ContextKey, Metadata } from 'micro-ts';

/**
 * What a handler of `MicroServer` may know of its call or event, by `@Ctx()`; guards, pipes and
 * interceptors by `host.switchToRpc().getContext()`. It is a `Context` of Micro too: calls made with
 * `{ context }` are part of this one, and those of `MicroModule` are without it.
 * @example hello(@Payload() request: HelloRequest, @Ctx() { metadata, signal }: MicroContext)
 */
export class MicroContext extends BaseRpcContext<[Context]> implements Context {
  readonly #context: Context;

  constructor(context: Context) {
    super([context]);
    this.#context = context;
  }

  get service(): string {
    return this.#context.service;
  }

  /** `Greeter.Hello`, or the topic of an event. */
  get endpoint(): string {
    return this.#context.endpoint;
  }

  get metadata(): Metadata {
    return this.#context.metadata;
  }

  /** 1 for the first attempt, counted across the wire. */
  get attempt(): number {
    return this.#context.attempt;
  }

  /** Address of the caller. */
  get peer(): string | undefined {
    return this.#context.peer;
  }

  /** Aborts when the deadline passes, the caller cancels, or the caller's process dies. */
  get signal(): AbortSignal {
    return this.#context.signal;
  }

  /** Milliseconds until the deadline; `Infinity` if there is none. */
  get timeLeft(): number {
    return this.#context.timeLeft;
  }

  get<T>(key: ContextKey<T>): T {
    return this.#context.get(key);
  }

  set<T>(key: ContextKey<T>, value: T): void {
    this.#context.set(key, value);
  }
}
