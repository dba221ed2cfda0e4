import { setTimeout as wait } from 'node:timers/promises';
import * as v from 'valibot';
import { defineCommand } from '../command.ts';
import { duration } from '../inputs.ts';

/** How long, in ms, a node may take at least: the first look has to open connections. */
const leastTimeout = 2_000;

/** What every node did while it was looked at: one answer, of the time between two looks. */
export const topCommand = defineCommand({
  name: 'top',
  summary: 'Show what every node does; on a terminal live',
  examples: ['top', 'top greeter', 'top --every 5s --output json'],
  permission: 'read',
  positionals: ['service'],
  input: v.object({
    service: v.optional(v.pipe(v.string(), v.description('Only the nodes of this service'))),
    every: v.optional(
      v.pipe(duration('Time between two looks'), v.minValue(100, 'should be 100ms or more')),
      '1s',
    ),
  }),
  async run({ service, every }, { micro, signal }) {
    const [{ Sampler }, { answerOf }] = await Promise.all([
      import('./sampler.ts'),
      import('./table.ts'),
    ]);
    const sampler = new Sampler(micro, Math.max(every, leastTimeout));
    await sampler.open(service);
    try {
      await sampler.look();
      const ended = AbortSignal.any([signal, sampler.lost]);
      await wait(every, undefined, { signal: ended }).catch(() => undefined);
      await sampler.look();
      return answerOf(sampler.rows);
    } finally {
      await sampler.close();
    }
  },
});
