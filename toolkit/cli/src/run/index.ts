import { duration, misuse } from '@micro-ts/commands';
import * as v from 'valibot';
import { defineTerminalCommand } from '../terminal-command.ts';

const list = (description: string) =>
  v.pipe(v.optional(v.array(v.string()), []), v.description(description));

/** `micro run`: starts the services of folders, from their source, and keeps them running. */
export const runCommand = defineTerminalCommand({
  name: 'run',
  summary: 'Start the services of a folder, and start them again as they change',
  examples: ['run', 'run services --only greeter,orders', 'run --no-watch'],
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
    stop_timeout: v.optional(
      duration('How long a program may take to stop before it is killed', true),
      '10s',
    ),
  }),
  run: async (input, { terminal, signal }) => {
    const { out, err, format } = terminal;
    if (format !== 'text') throw misuse('run prints what programs print: it has no --output');
    const { runFolders } = await import('./run-folders.ts');
    return runFolders(input, { out, err, signal });
  },
});
