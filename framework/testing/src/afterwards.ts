const all: (() => unknown)[] = [];

/** Keeps work for the end of the test, such as closing what was opened; `closeAll` does it. */
export const afterwards = (work: () => unknown): void => void all.push(work);

/**
 * Does what was kept for the end of the test, last one first, and all of it whatever fails; for
 * `afterEach`.
 * @throws the first failure
 */
export async function closeAll(): Promise<void> {
  const failures: unknown[] = [];
  for (const work of all.splice(0).reverse()) {
    try {
      await work();
    } catch (failure) {
      failures.push(failure);
    }
  }
  if (failures.length > 0) throw failures[0];
}
