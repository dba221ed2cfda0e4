import { AsyncResource } from 'node:async_hooks';
import { isStream } from './streams.ts';

/**
 * A caller's stream of requests, which remembers whether it was begun. Whoever pulls it, it runs in the
 * async context of the caller, as code between his lines should.
 */
export class OnceStream implements AsyncIterable<unknown> {
  readonly #source: AsyncIterable<unknown> | Iterable<unknown>;
  readonly #caller = new AsyncResource('OnceStream');
  started = false;

  constructor(source: AsyncIterable<unknown> | Iterable<unknown>) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    this.started = true;
    const source = this.#source;
    const iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : fromSync(source);
    return {
      next: () => this.#caller.runInAsyncScope(() => iterator.next()),
      return: async () => {
        await this.#caller.runInAsyncScope(() => iterator.return?.());
        return { done: true, value: undefined };
      },
    };
  }
}

async function* fromSync(source: Iterable<unknown>): AsyncGenerator<unknown> {
  yield* source;
}

/** Whether a request can be sent again: a value can, and a stream that certainly nobody has begun. */
export function isReplayable(request: unknown): boolean {
  return !isStream(request) || (request instanceof OnceStream && !request.started);
}
