import { AsyncLocalStorage } from 'node:async_hooks';
import { setMaxListeners } from 'node:events';
import { Lifetime, metadata, MicroError, noMetadata } from '@micro-ts/interface';
import type { Context, Metadata, MetadataSource } from '@micro-ts/interface';
import { LiveCall } from './live-call.ts';

/** Metadata that goes on with nested calls by itself: https://www.w3.org/TR/trace-context and baggage. */
const carried = ['traceparent', 'tracestate', 'baggage'];

/**
 * Which call is being answered, so that the calls that a handler makes inherit what is left of its
 * time, its cancel and its trace. Costs up to a microsecond per handler, so it is switched on only in
 * apps whose services inject a client or the publisher; `{ context }` works always.
 */
export class CurrentContext {
  #storage: AsyncLocalStorage<Context> | undefined = undefined;

  enable(): void {
    this.#storage ??= new AsyncLocalStorage();
  }

  /** True where {@link run} does something. */
  get enabled(): boolean {
    return this.#storage !== undefined;
  }

  /** Runs `work` as part of `context`. */
  run<C extends Context, T>(context: C, work: (context: C) => T): T {
    return this.#storage === undefined ? work(context) : this.#storage.run(context, work, context);
  }

  /** The same stream, which runs as part of `context` whoever pulls it. */
  stream(context: Context, source: AsyncIterable<unknown>): AsyncIterable<unknown> {
    return {
      [Symbol.asyncIterator]: () => {
        const iterator = source[Symbol.asyncIterator]();
        return {
          next: () => this.run(context, () => iterator.next()),
          return: async () => {
            await this.run(context, () => iterator.return?.());
            return { done: true, value: undefined };
          },
        };
      },
    };
  }

  get(): Context | undefined {
    return this.#storage?.getStore();
  }
}

/** Lifetime of a call that may be part of another, and how to let go of what it is tied to. */
export interface Tied {
  readonly lifetime: Lifetime;
  readonly release: (() => void) | undefined;
}

/**
 * A lifetime that ends `timeout` ms after `began`, with the call that it is part of, or with the
 * user's signal. A call that was answered already takes nothing with it.
 * @throws MicroError `deadline_exceeded` if less than a millisecond is left of the outer call.
 */
export function tie(
  began: number,
  timeout: number,
  parent: Context | undefined,
  signal: AbortSignal | undefined,
): Tied {
  const outer = parent instanceof LiveCall && parent.over ? undefined : parent;
  if (outer === undefined && signal === undefined)
    return { lifetime: new Lifetime(began + timeout), release: undefined };
  const now = performance.now();
  const latest = outer instanceof LiveCall ? outer.lifetime.expires : now + timeLeft(outer);
  if (latest - now < 1)
    throw new MicroError('deadline_exceeded', 'no time is left for a nested call');
  const lifetime = new Lifetime(Math.min(began + timeout, latest));
  return { lifetime, release: endWith(lifetime, outer, signal) };
}

const timeLeft = (outer: Context | undefined): number => outer?.timeLeft ?? Infinity;

/** Ends the lifetime when its outer call ends or a signal aborts. @returns how to forget it */
function endWith(
  lifetime: Lifetime,
  outer: Context | undefined,
  signal: AbortSignal | undefined,
): () => void {
  const cancel = (): void => lifetime.end(new MicroError('cancelled', 'cancelled by the caller'));
  const ended = (reason: MicroError): void =>
    reason.code === 'deadline_exceeded' ? lifetime.end(reason) : cancel();
  const call = outer instanceof LiveCall ? outer.lifetime : undefined;
  const signals = [signal, call === undefined ? outer?.signal : undefined].filter(
    (each) => each !== undefined,
  );
  if (signals.some((each) => each.aborted)) cancel();
  call?.onEnd(ended);
  for (const each of signals) {
    setMaxListeners(Infinity, each); // many calls at once may share one: no leak to warn of
    each.addEventListener('abort', cancel, { once: true });
  }
  return () => {
    call?.offEnd(ended);
    for (const each of signals) each.removeEventListener('abort', cancel);
  };
}

/**
 * What travels with a call: what the caller gives, the trace that it belongs to, and what is `added`.
 * @throws MicroError `resource_exhausted` if it is more than `most` bytes
 */
export function outgoing(
  parent: Context | undefined,
  own: MetadataSource,
  most: number,
  added?: Readonly<Record<string, string>>,
): Metadata {
  if (parent === undefined && own === undefined && added === undefined) return noMetadata;
  const trace: [string, string][] = [];
  for (const key of parent === undefined ? [] : carried) {
    const value = parent?.metadata[key];
    if (value !== undefined) trace.push([key, value]);
  }
  if (trace.length === 0 && own === undefined && added === undefined) return noMetadata;
  return bounded(metadata(added, trace, own), most);
}

function bounded(all: Metadata, most: number): Metadata {
  let characters = 0;
  for (const key in all) {
    const value: unknown = all[key];
    if (typeof value !== 'string')
      throw new MicroError('invalid_argument', `metadata: ${key} is no text`);
    characters += key.length + value.length;
  }
  if (characters * 3 <= most) return all; // more bytes than that none of them takes
  const size = Object.entries(all).reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0);
  if (size <= most) return all;
  const text = `${size} bytes of metadata are too many; ${most} are the most`;
  throw new MicroError('resource_exhausted', text);
}
