/** Things that are asked at once: 100 nodes do not get 100 connections in the same moment. */
const most = 32;

/**
 * Asks all, a few at once.
 * @returns the answers in the order of the questions. Rejects with the first that fails
 */
export async function askAll<T, A>(
  all: readonly T[],
  ask: (each: T) => Promise<A>,
): Promise<readonly A[]> {
  const answers: A[] = [];
  const waiting = all.entries();
  const lane = async (): Promise<void> => {
    for (const [at, each] of waiting) answers[at] = await ask(each);
  };
  await Promise.all(Array.from({ length: Math.min(most, all.length) }, lane));
  return answers;
}
