// What `micro` can do, by name; most of it is loaded when it is asked for.
import { createCommands, serviceCommands } from '@micro-ts/commands';
import type { Commands } from '@micro-ts/commands';
import { appEntries } from './apps/index.ts';
import type { LocalEntry } from './catalogue.ts';

/** The commands that need no more than a running system. */
export const commands: Commands = createCommands([
  ...serviceCommands,
  {
    name: 'bench',
    summary: 'Measure how fast an endpoint answers',
    load: async () => (await import('./bench/index.ts')).bench,
  },
]);

/** The commands that need the machine on which they are given. */
export const localCommands: readonly LocalEntry[] = [
  {
    name: 'run',
    summary: 'Start the services of a folder, and start them again as they change',
    load: async () => (await import('./run/index.ts')).run,
  },
  {
    name: 'top',
    summary: 'Show what every node does, live',
    load: async () => (await import('./top/index.ts')).top,
  },
  {
    name: 'doctor',
    summary: 'Say what is wrong: versions, configuration, registry, broker, ports, nodes',
    load: async () => (await import('./doctor/index.ts')).doctor,
  },
  {
    name: 'new',
    summary: 'Make a service: class, DTO, test and configuration',
    load: async () => (await import('./new/index.ts')).newService,
  },
  {
    name: 'completion',
    summary: 'Print what teaches bash, zsh or fish to complete micro',
    load: async () => (await import('./completion/index.ts')).completion,
  },
  ...appEntries,
];
