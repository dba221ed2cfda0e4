import type { It } from './clause.ts';

/** What became of the clauses of a kit. */
export interface KitRun {
  readonly passed: readonly string[];
  /** Sentence and message of those that failed. */
  readonly failed: readonly (readonly [sentence: string, message: string])[];
}

/** Runs a kit without a test runner: the clauses whose sentence matches. */
export async function runKit(register: (it: It) => void, wanted = /./): Promise<KitRun> {
  const tests: [string, () => Promise<void>][] = [];
  register((name, test) => {
    if (wanted.test(name)) tests.push([name, test]);
  });
  const passed: string[] = [];
  const failed: [string, string][] = [];
  for (const [name, test] of tests) {
    try {
      await test();
      passed.push(name);
    } catch (error) {
      failed.push([name, error instanceof Error ? error.message : String(error)]);
    }
  }
  return { passed, failed };
}
