import * as v from 'valibot';
import { defineTerminalCommand } from '../terminal-command.ts';

/** `micro shell`: one line after the other, over one connection. */
export const shellCommand = defineTerminalCommand({
  name: 'shell',
  aliases: ['cli'],
  summary: 'Give commands one after the other, with completion and history',
  examples: ['shell', '--proxy http://10.0.0.5:8081 shell'],
  input: v.object({}),
  run: async (_input, context) => {
    const { readLines } = await import('./read-lines.ts');
    return readLines(context);
  },
});
