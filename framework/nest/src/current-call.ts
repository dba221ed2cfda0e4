import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from 'micro-ts';

/**
 * The call, or the HTTP request, that is being answered. Core has one of these for each app and the
 * classes that it constructs; here Nest constructs who calls, and a handler may be of one app and its
 * client of another, so it is one for the process. A call is seen by nothing but what it starts.
 */
const storage = new AsyncLocalStorage<Context>();
let expected = false;

/**
 * Says that this process makes calls through Nest. What keeps them together slows every promise of the
 * process, so services that call nobody do without.
 */
export function expectCalls(): void {
  expected = true;
}

/** Does `work` as part of a call: the calls that it makes inherit what is left of its time. */
export function runAsPartOf<T>(context: Context, work: () => T): T {
  return expected ? storage.run(context, work) : work();
}

/** Whether a call is being answered, as far as that is known here. */
export const isPartOfCall = (): boolean => storage.getStore() !== undefined;

/** Options of a call or a publication, as part of the call that is being answered, if one is. */
export function asPartOfCall<O extends { readonly context?: Context | undefined } | undefined>(
  options: O,
): O {
  const context = storage.getStore();
  if (context === undefined || options?.context !== undefined) return options;
  return { ...options, context } as O;
}

/** The same stream, which works as part of a call whoever reads it. */
export async function* streamAsPartOf(
  context: Context,
  source: AsyncGenerator<unknown>,
): AsyncGenerator<unknown> {
  try {
    for (;;) {
      const { done, value } = await runAsPartOf(context, () => source.next());
      if (done === true) return;
      yield value;
    }
  } finally {
    await runAsPartOf(context, () => source.return(undefined));
  }
}
