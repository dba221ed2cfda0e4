import { AsyncLocalStorage } from 'node:async_hooks';
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

  /** Runs `work` as part of `context`. */
  run<T>(context: Context, work: () => T): T {
    return this.#storage === undefined ? work() : this.#storage.run(context, work);
  }

  /** True where {@link run} does something. */
  get enabled(): boolean {
    return this.#storage !== undefined;
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
 * A lifetime that ends after `timeout` ms, with the call that it is part of, or with the user's signal.
 * @throws MicroError `deadline_exceeded` if less than a millisecond is left of the outer call.
 */
export function tie(timeout: number, parent: Context | undefined, signal?: AbortSignal): Tied {
  const own = timeout === Infinity ? Infinity : performance.now() + timeout;
  if (parent === undefined && signal === undefined)
    return { lifetime: new Lifetime(own), release: undefined };
  const left = parent?.timeLeft ?? Infinity;
  if (left < 1) throw new MicroError('deadline_exceeded', 'no time is left for a nested call');
  const outer = parent instanceof LiveCall ? parent.lifetime : undefined;
  const lifetime = new Lifetime(Math.min(own, outer?.expires ?? performance.now() + left));
  const cancel = (): void => lifetime.end(new MicroError('cancelled', 'cancelled by the caller'));
  const signals = [signal, outer === undefined ? parent?.signal : undefined];
  if (outer?.reason !== undefined || signals.some((each) => each?.aborted)) cancel();
  outer?.onEnd(cancel);
  for (const each of signals) each?.addEventListener('abort', cancel, { once: true });
  const release = (): void => {
    outer?.offEnd(cancel);
    for (const each of signals) each?.removeEventListener('abort', cancel);
  };
  return { lifetime, release };
}

/** What travels with a call: what the caller gives, and the trace that it belongs to. */
export function outgoing(parent: Context | undefined, own: MetadataSource): Metadata {
  if (parent === undefined) return own === undefined ? noMetadata : metadata(own);
  const trace: [string, string][] = [];
  for (const key of carried) {
    const value = parent.metadata[key];
    if (value !== undefined) trace.push([key, value]);
  }
  return trace.length === 0 && own === undefined ? noMetadata : metadata(trace, own);
}
