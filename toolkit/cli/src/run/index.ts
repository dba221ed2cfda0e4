import * as v from 'valibot';
import { defineLocalCommand } from '../local-command.ts';

const list = (description: string) =>
  v.pipe(v.optional(v.array(v.string()), []), v.description(description));

/** `micro run`: starts the services of folders, from their source, and keeps them running. */
export const run = defineLocalCommand({
  name: 'run',
  summary: 'Start the services of a folder, and start them again as they change',
  examples: ['micro run', 'micro run services --only greeter,orders', 'micro run --no-watch'],
  positionals: ['folders'],
  input: v.object({
    folders: list('Folders or files to start; the working folder without one'),
    only: v.pipe(
      v.optional(v.string()),
      v.description('Names of the programs to start, separated by commas'),
    ),
    watch: v.pipe(
      v.optional(v.boolean(), true),
      v.description('Start programs again when their files change'),
    ),
    env_file: list('Files of variables for every program; the last one wins'),
    patience: v.pipe(
      v.optional(
        v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.minValue(0)),
        10_000,
      ),
      v.description('How long a program may take to stop before it is killed, in ms'),
    ),
  }),
  run: async (input, terminal) => {
    const { runFolders } = await import('./run-folders.ts');
    return runFolders(input, terminal);
  },
});
