import { createHook } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';

/** Timers that are set after this, until `end`. */
export interface TimerWatch {
  /** Those that are set still, each with the line that set it; unref'd ones too. */
  left(): Promise<readonly string[]>;
  end(): void;
}

/** `process.getActiveResourcesInfo()` does not know of timers that are unref'd. */
export function watchTimers(): TimerWatch {
  const set = new Map<number, Error>();
  const hook = createHook({
    init(id, type) {
      if (type === 'Timeout') set.set(id, new Error('set here'));
    },
    destroy(id) {
      set.delete(id);
    },
  });
  hook.enable();
  return {
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
