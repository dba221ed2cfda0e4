import { MicroError } from '@micro-ts/interface';
import type { Lifetime } from '@micro-ts/interface';

/** How a stream ended: with nothing when it was read to its end or left, else with its error. */
export type StreamEnd = (error?: MicroError) => void;

/** What becomes of a stream on its way. */
export interface StreamMapping<T, U> {
  /** When it ends, so does the stream, at once and with its reason, whatever the source is doing. */
  readonly lifetime: Lifetime;
  readonly change: (value: T) => U | Promise<U>;
  /** What the reader is told of an error. Default: `MicroError.from`. */
  readonly translate?: (error: unknown) => MicroError;
  /** Told once. */
  readonly ended?: StreamEnd;
}

/** A stream with each value changed on its way. It never hangs longer than its call lasts. */
export function mapStream<T, U>(
  source: AsyncIterable<T>,
  mapping: StreamMapping<T, U>,
): AsyncIterableIterator<U, undefined> {
  return new MappedStream(source, mapping);
}

/** The same stream, which tells when it has ended, and ends with the lifetime. */
export function followStream(
  stream: AsyncIterable<unknown>,
  lifetime: Lifetime,
  ended: StreamEnd,
): AsyncIterable<unknown> {
  if (!(stream instanceof MappedStream))
    return mapStream(stream, { lifetime, change: (value) => value, ended });
  stream.onEnd(ended);
  return stream;
}

const nothing = (): void => undefined;

/** Written by hand, because a generator costs three promises a value. */
class MappedStream<T, U> implements AsyncIterableIterator<U, undefined> {
  readonly #source: AsyncIterable<T>;
  readonly #mapping: StreamMapping<T, U>;
  #iterator: AsyncIterator<T> | undefined = undefined;
  /** What `next` has promised and not kept yet. */
  #promised: Promise<IteratorResult<U, undefined>> | undefined = undefined;
  #resolve: (result: IteratorResult<U, undefined>) => void = nothing;
  #reject: (reason: MicroError) => void = nothing;
  #ended: StreamEnd;
  #over = false;
  /** Why it ended, until its reader has heard of it. */
  #failure: MicroError | undefined = undefined;

  constructor(source: AsyncIterable<T>, mapping: StreamMapping<T, U>) {
    this.#source = source;
    this.#mapping = mapping;
    this.#ended = mapping.ended ?? nothing;
    mapping.lifetime.onEnd(this.#onLifetimeEnd);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<U, undefined>> {
    if (this.#promised !== undefined) return this.#promised.then(this.#again, this.#again);
    if (this.#over) return this.#afterwards();
    const promised = new Promise<IteratorResult<U, undefined>>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#promised = promised;
    try {
      this.#iterator ??= this.#source[Symbol.asyncIterator]();
      Promise.resolve(this.#iterator.next()).then(this.#onStep, this.#onError);
    } catch (error) {
      this.#onError(error);
    }
    return promised;
  }

  async return(): Promise<IteratorResult<U, undefined>> {
    this.#leave();
    return { done: true, value: undefined };
  }

  /** One more who is told. */
  onEnd(ended: StreamEnd): void {
    if (this.#over) return ended(this.#failure);
    const before = this.#ended;
    this.#ended = (error) => {
      before(error);
      ended(error);
    };
  }

  readonly #again = (): Promise<IteratorResult<U, undefined>> => this.next();

  readonly #onStep = (step: IteratorResult<T>): void => {
    if (this.#over) return;
    if (step.done === true) return this.#end();
    try {
      const changed = this.#mapping.change(step.value);
      if (changed instanceof Promise) changed.then(this.#give, this.#onError);
      else this.#give(changed);
    } catch (error) {
      this.#onError(error);
    }
  };

  readonly #give = (value: U): void => {
    if (this.#over) return;
    this.#promised = undefined;
    this.#resolve({ done: false, value });
  };

  readonly #onError = (error: unknown): void => {
    if (this.#over) return;
    const { translate } = this.#mapping;
    this.#leave(translate === undefined ? MicroError.from(error) : translate(error));
  };

  readonly #onLifetimeEnd = (reason: MicroError): void => this.#leave(reason);

  /** Ends it and lets go of the source, which is not waited for: it may hang. */
  #leave(error?: MicroError): void {
    if (this.#over) return;
    this.#end(error);
    try {
      // A source that nobody has begun must hear of it too, or its sender waits for ever.
      this.#iterator ??= this.#source[Symbol.asyncIterator]();
      Promise.resolve(this.#iterator.return?.()).catch(nothing);
    } catch {
      // Why it could not be left cleanly helps nobody.
    }
  }

  #end(error?: MicroError): void {
    this.#over = true;
    this.#mapping.lifetime.offEnd(this.#onLifetimeEnd);
    if (this.#promised === undefined) this.#failure = error;
    else if (error === undefined) this.#resolve({ done: true, value: undefined });
    else this.#reject(error);
    this.#promised = undefined;
    this.#ended(error);
  }

  async #afterwards(): Promise<IteratorResult<U, undefined>> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    return { done: true, value: undefined };
  }
}
