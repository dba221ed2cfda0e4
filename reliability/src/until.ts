import { setTimeout as pause } from 'node:timers/promises';
/** Waits until something is so. @returns how long it took, in ms */
export async function until(
  what: string,
  test: () => boolean | Promise<boolean>,
  ms = 30_000,
): Promise<number> {
  const began = performance.now();
  while (!(await test())) {
    if (performance.now() - began > ms) throw new Error(`never: ${what}`);
    await pause(10);
  }
  return performance.now() - began;
}
