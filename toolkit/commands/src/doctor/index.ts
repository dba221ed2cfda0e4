import * as v from 'valibot';
import { defineCommand } from '../command.ts';
import { duration } from '../inputs.ts';

/** Looks at the system that it is asked about, and at the process in which it is asked. */
export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'Say what is wrong: versions, configuration, registry, broker, ports, nodes',
  examples: ['doctor', 'doctor --output json'],
  permission: 'read',
  input: v.object({
    timeout: v.optional(duration('Longest time for each check'), '5s'),
  }),
  run: async ({ timeout }, context) => {
    const { examine } = await import('./examine.ts');
    return examine(context.micro, timeout);
  },
});
