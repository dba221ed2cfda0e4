import * as v from 'valibot';
import { defineLocalCommand } from '../local-command.ts';

/** `micro doctor`: says what is wrong with this machine, the configuration and the nodes. */
export const doctor = defineLocalCommand({
  name: 'doctor',
  summary: 'Say what is wrong: versions, configuration, registry, broker, ports, nodes',
  examples: ['micro doctor', 'micro doctor --output json'],
  positionals: ['folder'],
  input: v.object({
    folder: v.pipe(
      v.optional(v.string(), '.'),
      v.description('Folder of the program whose configuration and packages are looked at'),
    ),
    patience: v.pipe(
      v.optional(
        v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.minValue(1)),
        5_000,
      ),
      v.description('How long any one check may take, in ms'),
    ),
  }),
  run: async (input, terminal) => {
    const { examine } = await import('./examine.ts');
    return examine(input, terminal);
  },
});
