import { AsyncResource, createHook, executionAsyncId } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';

/** Timers that some work set, or what it started, however much later. */
export interface TimerWatch {
  /** Does the work whose timers are watched. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Those that are set still, each with the line that set it; unref'd ones too. */
  left(): Promise<readonly string[]>;
  end(): void;
}

/**
 * Watches timers, until `end`. Those of others do not count, though they are set meanwhile: earlier
 * tests of this process may have left apps behind.
 * (`process.getActiveResourcesInfo()` knows nothing of whose they are, nor of timers that are unref'd.)
 */
export function watchTimers(): TimerWatch {
  const root = new AsyncResource('WatchedWork');
  /** All that the work has begun. */
  const own = new Set([root.asyncId()]);
  const set = new Map<number, Error>();
  const hook = createHook({
    init(id, type, trigger) {
      // What is accepted is its server's. But to wait for a promise is not to be begun by it.
      const caused = type !== 'PROMISE' && own.has(trigger);
      if (!own.has(executionAsyncId()) && !caused) return;
      own.add(id);
      if (type === 'Timeout') set.set(id, new Error('set here'));
    },
    destroy(id) {
      set.delete(id);
    },
  });
  hook.enable();
  return {
    run: (work) => root.runInAsyncScope(work),
    left: async () => {
      // Node tells of the end of a timer one turn after it.
      for (let turn = 0; turn < 2; turn += 1) await setImmediate();
      return [...set.values()].map(setBy);
    },
    end: () => void hook.disable(),
  };
}

/** The first line of the stack below the hook itself that is not Node's. */
function setBy({ stack = '' }: Error): string {
  const lines = stack.split('\n').slice(2);
  return (lines.find((line) => !line.includes('node:')) ?? 'in Node itself').trim();
}
