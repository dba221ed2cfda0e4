import { defineCommand } from '@micro-ts/commands';
import * as v from 'valibot';
import { scripts } from './scripts.ts';

const shells = Object.keys(scripts) as (keyof typeof scripts)[];
const which = `which shell? ${shells.join(', ')}`;

/** `micro completion`: prints what teaches a shell to complete `micro`. */
export const completionCommand = defineCommand({
  name: 'completion',
  summary: 'Print what teaches bash, zsh or fish to complete micro',
  examples: [
    'source <(micro completion bash)   # in ~/.bashrc',
    'source <(micro completion zsh)   # in ~/.zshrc, after compinit',
    'micro completion fish > ~/.config/fish/completions/micro.fish',
  ],
  permission: 'run',
  input: v.object(
    { shell: v.pipe(v.picklist(shells, which), v.description(`One of ${shells.join(', ')}`)) },
    which,
  ),
  positionals: ['shell'],
  run: async ({ shell }) => ({
    data: { shell, script: scripts[shell] },
    text: scripts[shell].trimEnd(),
  }),
});
