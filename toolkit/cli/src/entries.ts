// All that `micro` can do, by name: what every program can offer, and what needs this machine.
import { createCommands, serviceCommands } from '@micro-ts/commands';
import type { Commands } from '@micro-ts/commands';
import { appEntries } from './apps/index.ts';
import { completionCommand } from './completion/index.ts';
import { newCommand } from './new/index.ts';
import { runCommand } from './run/index.ts';
import { shellCommand } from './shell/command.ts';
import { liveTopCommand } from './top/command.ts';

export const commands: Commands = createCommands([
  ...serviceCommands.map((each) => (each.name === liveTopCommand.name ? liveTopCommand : each)),
  runCommand,
  newCommand,
  completionCommand,
  ...appEntries,
  shellCommand,
]);
