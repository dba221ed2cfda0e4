import { benchCommand } from './bench/index.ts';
import { callCommand, streamCommand } from './call.ts';
import type { Command } from './command.ts';
import { doctorCommand } from './doctor/index.ts';
import { getCommand } from './get.ts';
import { healthCommand } from './health.ts';
import { listCommand } from './list.ts';
import { publishCommand } from './publish.ts';
import { deregisterCommand, registerCommand } from './register.ts';
import { statsCommand } from './stats.ts';
import { subscribeCommand } from './subscribe.ts';
import { topCommand } from './top/index.ts';

/** All that can be asked of a running system. */
export const serviceCommands: readonly Command[] = [
  listCommand,
  getCommand,
  callCommand,
  streamCommand,
  publishCommand,
  subscribeCommand,
  registerCommand,
  deregisterCommand,
  healthCommand,
  statsCommand,
  topCommand,
  benchCommand,
  doctorCommand,
];
