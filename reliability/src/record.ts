import { appendFileSync } from 'node:fs';
import { said } from './result.ts';
import type { Result } from './result.ts';

/** Names the file that gets each result as a line of JSON. */
export const resultsVariable = 'MICRO_RELIABILITY_RESULTS';

/** Prints a result beside its test, and keeps it if somebody asks for it. */
export function record(result: Result): Result {
  process.stdout.write(`    ${said(result)}\n`);
  const file = process.env[resultsVariable];
  if (file !== undefined && file !== '') appendFileSync(file, `${JSON.stringify(result)}\n`);
  return result;
}

/** Tests of scenarios run beside each other: most of a scenario is waiting. */
export const scenario = it.concurrent;
