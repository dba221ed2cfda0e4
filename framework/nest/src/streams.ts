import { MicroError } from 'micro-ts';
import type { Call, Context } from 'micro-ts';
import { lastValueFrom, Observable, Subject, takeUntil, tap } from 'rxjs';

/** Most values that an observable may be ahead of whoever reads them. */
const most = 10_000;

/** Whether a value is a stream of values that waits for its reader. */
export function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** An answer as an observable: each of its values if it streams. Unsubscribing ends the stream. */
export function observed(answer: Promise<unknown>): Observable<unknown> {
  return new Observable((subscriber) => {
    let values: AsyncIterator<unknown> | undefined;
    const leave = (): void => void values?.return?.().catch(() => undefined);
    const tell = async (): Promise<void> => {
      const only = await answer;
      if (!isStream(only)) return subscriber.next(only);
      values = only[Symbol.asyncIterator]();
      if (subscriber.closed) return leave();
      for (;;) {
        const { done, value } = await values.next();
        if (done === true) return;
        subscriber.next(value);
      }
    };
    tell().then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return leave;
  });
}

/** Fails with the signal's reason when it aborts. */
export function aborted(signal: AbortSignal): Observable<never> {
  return new Observable((subscriber) => {
    const fail = (): void => subscriber.error(signal.reason);
    if (signal.aborted) return fail();
    signal.addEventListener('abort', fail, { once: true });
    return () => signal.removeEventListener('abort', fail);
  });
}

/** Fails with why a call is over, if it is over before it is answered. */
export function overBeforeTime(context: Context): Observable<never> {
  // Every context of Micro's own is a call. Its signal costs a third of what Nest does for a call.
  const { lifetime } = context as Partial<Call>;
  if (lifetime === undefined) return aborted(context.signal);
  return new Observable((subscriber) => {
    const fail = (reason: MicroError): void => subscriber.error(reason);
    lifetime.onEnd(fail);
    return () => lifetime.offEnd(fail);
  });
}

/**
 * The one value of an observable; `undefined` if it has none.
 * @param end fails when nobody waits any more
 * @throws Error if it has several, or is a stream
 */
export function onlyValueOf(source: Observable<unknown>, end: Observable<never>): Promise<unknown> {
  let values = 0;
  const refuse = (value: unknown): void => {
    if (++values > 1 || isStream(value)) throw new Error(several);
  };
  const only = source.pipe(tap(refuse), takeUntil(end));
  return lastValueFrom(only, { defaultValue: undefined });
}

const several =
  "a handler answers with several values, and its pattern does not say so: write { stream: 'server' } beside it";

/**
 * The values of an observable, one after the other; of those that are streams, theirs. An observable
 * does not wait for its reader, so it is given up when it is far ahead; an async iterable waits.
 * @param end fails when nobody reads any more
 * @throws MicroError `resource_exhausted` if it is 10,000 values ahead
 */
export async function* valuesOf(
  source: Observable<unknown>,
  end: Observable<never>,
): AsyncGenerator<unknown> {
  const waiting: unknown[] = [];
  const full = new Subject<never>();
  let last: { readonly error?: unknown } | undefined;
  let wake = (): void => undefined;
  const settle = (how: { readonly error?: unknown }): void => {
    last ??= how;
    wake();
  };
  const subscription = source.pipe(takeUntil(full), takeUntil(end)).subscribe({
    next(value) {
      if (waiting.push(value) > most) {
        waiting.length = 0;
        full.error(tooFarAhead());
      } else wake();
    },
    error: (error: unknown) => settle({ error }),
    complete: () => settle({}),
  });
  try {
    for (;;) {
      if (waiting.length > 0) {
        const value = waiting.shift();
        if (isStream(value)) yield* value;
        else yield value;
      } else if (last === undefined) await new Promise<void>((resolve) => (wake = resolve));
      else if ('error' in last) throw last.error;
      else return;
    }
  } finally {
    subscription.unsubscribe();
  }
}

const tooFarAhead = (): MicroError =>
  new MicroError(
    'resource_exhausted',
    `an observable is ${most} values ahead of its reader; an async iterable would wait`,
  );
