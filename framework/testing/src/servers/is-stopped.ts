import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Stopped, traced, or dead. */
const still = /^[TtZX]$/;

/**
 * Whether every thread of a process group stands still: a busy machine takes its time to stop them.
 * `undefined` where that cannot be seen, for want of `/proc`.
 */
export function isStopped(group: number): boolean | undefined {
  if (!existsSync('/proc/self/task')) return undefined;
  const members = numbersIn('/proc').filter((pid) => statusOf(`/proc/${pid}`)?.group === group);
  return members.every((pid) =>
    numbersIn(`/proc/${pid}/task`).every((thread) => {
      const status = statusOf(`/proc/${pid}/task/${thread}`);
      return status === undefined || still.test(status.state);
    }),
  );
}

function numbersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name));
  } catch {
    return []; // it has ended meanwhile
  }
}

/** What follows the name, which may hold anything, in `stat`: state, parent, group. */
function statusOf(folder: string): { state: string; group: number } | undefined {
  try {
    const text = readFileSync(`${folder}/stat`, 'latin1');
    const [state = '', , group] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state, group: Number(group) };
  } catch {
    return undefined; // it has ended meanwhile
  }
}
