import { exitCodes } from './failure.ts';

/** Below this many ms, a second signal is the same key press: npm passes Ctrl-C on once more. */
const echo = 500;

/** Aborts on the first signal that asks for the end; the second one ends the process at once. */
export function interruption(): AbortSignal {
  const asked = new AbortController();
  let first: number | undefined;
  const stop = (): void => {
    const now = performance.now();
    if (first !== undefined && now - first > echo) process.exit(exitCodes.interrupted);
    first ??= now;
    asked.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  return asked.signal;
}
