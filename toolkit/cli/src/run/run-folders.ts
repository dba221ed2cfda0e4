import type { Terminal } from '../local-command.ts';

/** What `micro run` is told. */
export interface RunInput {
  readonly folders: readonly string[];
  readonly only?: string | undefined;
  readonly watch: boolean;
  readonly env_file: readonly string[];
  readonly patience: number;
}

/** Starts what is found in the folders; resolves with the exit code when all of it has ended. */
export async function runFolders(_input: RunInput, _terminal: Terminal): Promise<number> {
  return 0;
}
