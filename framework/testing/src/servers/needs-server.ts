import { findProgram } from './find-program.ts';
import { urlVariable } from './server-url.ts';
import type { ServerKind } from './recipes.ts';

/** A runner's `describe`. */
export interface Suite {
  (name: string, body: () => void): void;
  readonly skip: (name: string, body: () => void) => void;
}

/**
 * Runs a suite where its server is: at `MICRO_TEST_<KIND>_URL`, or as a program of this machine. Else
 * the runner shows it as skipped; with `CI=true` it runs, and fails.
 * @param own the suite stops and starts the server, so that a program is needed.
 * @example needsServer(describe, 'etcd')('the registry on etcd', () => { … });
 */
export function needsServer(
  describe: Suite,
  kind: ServerKind,
  own = false,
): (name: string, body: () => void) => void {
  const given = process.env[urlVariable(kind)] ?? '';
  const here = findProgram(kind) !== undefined || (!own && given !== '');
  const wanted = here || process.env['CI'] === 'true';
  const what = own && given !== '' ? `${kind} as a program, to stop it` : kind;
  return wanted ? describe : (name, body) => describe.skip(`${name} (needs ${what})`, body);
}
