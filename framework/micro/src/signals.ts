import type { App } from '@micro-ts/core';

/** Numbers of the signals that ask a process to stop, for its exit code. */
const numbers = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Below this many ms, a second signal is the same key press: npm passes Ctrl-C on to a process that
 * the terminal has told already.
 */
const echo = 500;

/**
 * How long closing may take, in ms: calls without a deadline would go on for ever. Kubernetes kills
 * after 30 s.
 */
const longest = 25_000;

/** How long, in ms, what is left of the program may go on after everything of ours is closed. */
const patience = 2_000;

/** Apps that a signal would close; each of them until it is closed. */
const running = new Set<() => Promise<void>>();
let asked: number | undefined;
let failed = false;

/**
 * Drains the app on SIGTERM and SIGINT, and ends the process after it: with code 0, or 1 if closing
 * failed. A second signal ends it at once, with 130 or 143. Closing the app undoes this.
 * @returns the app
 */
export function closeOnSignal(app: App): App {
  const close = app.close.bind(app);
  const closing = async (): Promise<void> => {
    try {
      await close();
    } finally {
      forget(closing);
    }
  };
  app.close = closing;
  if (running.size === 0) for (const signal of signals()) process.on(signal, stop);
  running.add(closing);
  return app;
}

const signals = (): readonly (keyof typeof numbers)[] => ['SIGINT', 'SIGTERM'];

function forget(closing: () => Promise<void>): void {
  running.delete(closing);
  if (running.size > 0) return;
  for (const signal of signals()) process.off(signal, stop);
  if (asked !== undefined) end();
}

function stop(signal: keyof typeof numbers): void {
  const now = performance.now();
  if (asked !== undefined) {
    if (now - asked > echo) process.exit(128 + numbers[signal]);
    return;
  }
  asked = now;
  setTimeout(() => {
    console.error(
      `Still not closed ${longest / 1_000} s after ${signal}; calls that run are cut off`,
    );
    process.exit(1);
  }, longest).unref();
  for (const close of running)
    close().catch((error: unknown) => {
      failed = true;
      process.exitCode = 1;
      console.error('Closing failed:', error);
    });
}

/** The process ends by itself unless something of the program's own, such as a timer, holds it. */
function end(): void {
  setTimeout(() => process.exit(failed ? 1 : 0), patience).unref();
}
