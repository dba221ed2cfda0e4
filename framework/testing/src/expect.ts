import assert, { AssertionError } from 'node:assert/strict';
import { MicroError } from '@micro-ts/interface';
import type { ErrorCode } from '@micro-ts/interface';

/** Waits. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** Deep equality; a failure shows the sentence of the contract, then the difference. */
export function same(actual: unknown, expected: unknown, sentence: string): void {
  try {
    assert.deepStrictEqual(actual, expected);
  } catch (difference) {
    const shown = difference instanceof Error ? difference.message : String(difference);
    throw new AssertionError({
      message: `${sentence}\n${shown}`,
      actual,
      expected,
      operator: 'deepStrictEqual',
      stackStartFn: same,
    });
  }
}

/** Fewer tries tell nothing: this process may have stood still, or the check itself have taken long. */
const fewest = 5;

/** How long is waited where nothing else is said, in ms: for what fails only in tests that fail. */
const patient = 15_000;

/**
 * Tries `check` until it passes; after `patience` ms, 15 s by default, and five tries, its last failure is
 * thrown.
 */
export async function eventually<T>(check: () => T | Promise<T>, patience = patient): Promise<T> {
  const start = performance.now();
  for (let [wait, tries] = [5, 1]; ; wait = Math.min(wait * 2, 100), tries++) {
    try {
      return await check();
    } catch (failure) {
      if (tries >= fewest && performance.now() - start > patience) throw failure;
    }
    await pause(wait);
  }
}

/** Waits until `check` is true, looking each 5 ms; fails after `patience` ms, 15 s by default, and five looks. */
export async function until(
  check: () => boolean | Promise<boolean>,
  patience = patient,
): Promise<void> {
  const start = performance.now();
  for (let looks = 1; !(await check()); looks++) {
    if (looks >= fewest && performance.now() - start > patience) {
      throw new AssertionError({ message: `not within ${patience} ms: ${check.toString()}` });
    }
    await pause(5);
  }
}

/** The result of `work`, or a failure with the sentence after `patience` ms. */
export async function inTime<T>(work: Promise<T>, patience: number, sentence: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const tell = (): void =>
      reject(new AssertionError({ message: `${sentence} (waited ${patience} ms)` }));
    timer = setTimeout(tell, patience);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The `MicroError` that `work` rejects with in time; anything else is a failure. */
export async function rejection(
  work: Promise<unknown>,
  patience: number,
  sentence: string,
  ...codes: readonly ErrorCode[]
): Promise<MicroError> {
  const outcome = work.then(
    () => ({ error: undefined }),
    (error: unknown) => ({ error }),
  );
  const { error } = await inTime(outcome, patience, sentence);
  assert.ok(error !== undefined, `${sentence} It resolved.`);
  assert.ok(
    error instanceof MicroError,
    `${sentence} Every rejection is a MicroError; this is ${String(error)}.`,
  );
  if (codes.length > 0) {
    const told = `${sentence} The code is '${error.code}' (${error.message}).`;
    assert.ok(codes.includes(error.code), told);
  }
  return error;
}
