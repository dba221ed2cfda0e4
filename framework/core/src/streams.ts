import type { MicroError } from '@micro-ts/interface';

/** Whether a value is a stream of values. */
export function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** How a stream ended: with nothing when it was read to its end or left, else with its error. */
export type StreamEnd = (error?: unknown) => void;

/**
 * A stream with each value changed on its way, and an end that is told once. Written by hand, because
 * a generator costs three promises a value.
 */
export function mapStream<T, U>(
  source: AsyncIterable<T>,
  change: (value: T) => U | Promise<U>,
  ended: StreamEnd,
  translate: (error: unknown) => MicroError,
): AsyncIterable<U> {
  return new MappedStream(source, change, ended, translate);
}

/** Tells `ended` too when a stream of {@link mapStream} ends; any other value is returned as it is. */
export function alsoEnded(stream: unknown, ended: StreamEnd): boolean {
  if (!(stream instanceof MappedStream)) return false;
  stream.alsoEnded(ended);
  return true;
}

class MappedStream<T, U> implements AsyncIterable<U>, AsyncIterator<U, undefined> {
  readonly #source: AsyncIterable<T>;
  readonly #change: (value: T) => U | Promise<U>;
  readonly #translate: (error: unknown) => MicroError;
  #ended: StreamEnd;
  #iterator: AsyncIterator<T> | undefined = undefined;
  #over = false;

  constructor(
    source: AsyncIterable<T>,
    change: (value: T) => U | Promise<U>,
    ended: StreamEnd,
    translate: (error: unknown) => MicroError,
  ) {
    this.#source = source;
    this.#change = change;
    this.#ended = ended;
    this.#translate = translate;
  }

  [Symbol.asyncIterator](): AsyncIterator<U, undefined> {
    return this;
  }

  alsoEnded(ended: StreamEnd): void {
    const before = this.#ended;
    this.#ended = (error) => {
      before(error);
      ended(error);
    };
  }

  async next(): Promise<IteratorResult<U, undefined>> {
    if (this.#over) return { done: true, value: undefined };
    this.#iterator ??= this.#source[Symbol.asyncIterator]();
    try {
      const result = await this.#iterator.next();
      if (result.done === true) {
        this.#finish();
        return { done: true, value: undefined };
      }
      const changed = this.#change(result.value);
      return { done: false, value: changed instanceof Promise ? await changed : changed };
    } catch (error) {
      const translated = this.#translate(error);
      this.#finish(translated);
      await this.#leave();
      throw translated;
    }
  }

  async return(): Promise<IteratorResult<U, undefined>> {
    if (!this.#over) {
      this.#finish();
      // A source that nobody has begun must hear of it too, or its sender waits for ever.
      this.#iterator ??= this.#source[Symbol.asyncIterator]();
      await this.#leave();
    }
    return { done: true, value: undefined };
  }

  #finish(error?: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#ended(error);
  }

  async #leave(): Promise<void> {
    try {
      await this.#iterator?.return?.();
    } catch {
      // It is left anyway; why it could not be left cleanly helps nobody.
    }
  }
}

/** A request that can be sent again: a value, or a stream that nobody has begun to read. */
export function isReplayable(request: unknown): boolean {
  return !(request instanceof OnceStream) || !request.started;
}

/** A caller's stream of requests, which remembers whether it was begun. */
export class OnceStream implements AsyncIterable<unknown> {
  readonly #source: AsyncIterable<unknown> | Iterable<unknown>;
  started = false;

  constructor(source: AsyncIterable<unknown> | Iterable<unknown>) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    this.started = true;
    if (Symbol.asyncIterator in this.#source) return this.#source[Symbol.asyncIterator]();
    return fromSync(this.#source)[Symbol.asyncIterator]();
  }
}

async function* fromSync(source: Iterable<unknown>): AsyncGenerator<unknown> {
  yield* source;
}
