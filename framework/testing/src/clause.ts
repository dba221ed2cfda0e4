import { AssertionError } from 'node:assert/strict';

/**
 * What a kit needs of a test runner: the `it` (or `test`) of Jest, Vitest, Mocha or node:test. The
 * third argument is the longest that the test may take, in ms; runners that know no such argument
 * ignore it.
 */
export type It = (name: string, test: () => Promise<void>, timeout?: number) => unknown;

/** Sentences of a contract, each with what shows that it is kept. */
export type Clauses<Scene> = Readonly<Record<string, (scene: Scene) => Promise<void>>>;

/** Work for the end of a test, done in reverse order, whether the test failed or not. */
export type Later = (work: () => unknown) => void;

/** Longest that one clause may take, in ms: the machine may be busy with other things. */
const longest = 60_000;

/** Makes one test of each clause, on a stage that is set anew for it. */
export function registerClauses<Scene>(
  it: It,
  clauses: Clauses<Scene>,
  setStage: (later: Later) => Promise<Scene>,
): void {
  for (const [sentence, shows] of Object.entries(clauses)) {
    it(sentence, () => play(sentence, setStage, shows), longest);
  }
}

/** Runs one clause and clears the stage; the first failure is the one that is told. */
async function play<Scene>(
  sentence: string,
  setStage: (later: Later) => Promise<Scene>,
  shows: (scene: Scene) => Promise<void>,
): Promise<void> {
  const works: (() => unknown)[] = [];
  const failures: unknown[] = [];
  const attempt = async (work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (failure) {
      failures.push(failure);
    }
  };
  await attempt(async () => shows(await setStage((work) => works.push(work))));
  for (const work of works.reverse()) await attempt(work);
  if (failures.length === 0) return;
  const [failure] = failures;
  if (failure instanceof AssertionError) throw failure;
  throw new Error(`The contract: ${sentence}. What came instead: ${String(failure)}`, {
    cause: failure,
  });
}
