import { exitCodes } from './failure.ts';

/** Below this many ms, a second signal is the same key press: npm passes Ctrl-C on once more. */
const echo = 500;

/** What Ctrl-C ends. */
export interface Interruption {
  /** Aborts when the person asks for the end. */
  readonly signal: AbortSignal;
  /** From now on Ctrl-C ends this one only, until `end` is called. */
  nested(): Interruption & { end(): void };
}

/**
 * Aborts on the first Ctrl-C, SIGTERM or SIGHUP; the next one ends the process at once. What is
 * nested takes Ctrl-C alone; the others end everything.
 */
export function createInterruption(): Interruption {
  const running: { readonly asked: AbortController; first: number | undefined }[] = [];
  const stop = (one: (typeof running)[number]): void => {
    const now = performance.now();
    if (one.first !== undefined && now - one.first > echo) process.exit(exitCodes.interrupted);
    one.first ??= now;
    one.asked.abort();
  };
  const begin = (): ReturnType<Interruption['nested']> => {
    const one = { asked: new AbortController(), first: undefined };
    running.push(one);
    const end = (): void => void running.splice(running.indexOf(one), 1);
    return { signal: one.asked.signal, nested: begin, end };
  };
  process.on('SIGINT', () => running.slice(-1).forEach(stop));
  for (const signal of ['SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => [...running].reverse().forEach(stop));
  return begin();
}
