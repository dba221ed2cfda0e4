import * as v from 'valibot';
import { defineLocalCommand } from '../local-command.ts';

/** `micro top`: what every node does now, as a table that renews itself. */
export const top = defineLocalCommand({
  name: 'top',
  summary: 'Show what every node does, live',
  examples: ['micro top', 'micro top greeter', 'micro top --every 5000'],
  positionals: ['service'],
  input: v.object({
    service: v.pipe(v.optional(v.string()), v.description('Only the nodes of this service')),
    every: v.pipe(
      v.optional(
        v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.minValue(100)),
        1_000,
      ),
      v.description('Time between two looks, in ms'),
    ),
  }),
  run: async (input, terminal) => {
    const { showTop } = await import('./show-top.ts');
    return showTop(input, terminal);
  },
});
