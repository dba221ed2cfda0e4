import type { It } from './clause.ts';

/** What became of the clauses of a kit. */
export interface KitRun {
  /** Their sentences. */
  readonly passed: readonly string[];
  /** Their sentences, each with what came instead. */
  readonly failed: ReadonlyMap<string, string>;
}

/**
 * Runs a kit without a test runner, one clause after the other; for scripts, and to see what a kit
 * finds.
 * @param wanted runs only the clauses whose sentence matches.
 * @example const { failed } = await runKit((it) => registryKit({ it, plugin: () => mine() }));
 */
export async function runKit(kit: (it: It) => void, wanted = /./): Promise<KitRun> {
  const clauses: [sentence: string, shows: () => Promise<void>][] = [];
  kit((sentence, shows) => clauses.push([sentence, shows]));
  const passed: string[] = [];
  const failed = new Map<string, string>();
  for (const [sentence, shows] of clauses) {
    if (!wanted.test(sentence)) continue;
    try {
      await shows();
      passed.push(sentence);
    } catch (error) {
      failed.set(sentence, error instanceof Error ? error.message : String(error));
    }
  }
  return { passed, failed };
}
