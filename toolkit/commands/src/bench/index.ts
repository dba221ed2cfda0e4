import * as v from 'valibot';
import { defineCommand } from '../command.ts';
import { duration, jsonWords, named, openMembers } from '../inputs.ts';
import { requestMembers } from '../request-members.ts';

const needed = 'require service and endpoint';
const number = (least: number) =>
  v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.minValue(least));

/**
 * Calls an endpoint as often as it can, or at a rate, and says how long that took.
 * When its signal aborts it answers with what was measured so far.
 */
export const benchCommand = defineCommand({
  name: 'bench',
  summary: 'Measure how fast an endpoint answers',
  examples: [
    'bench greeter hello --name Ann',
    `bench greeter hello '{"name": "Ann"}' --rate 500 --duration 30s`,
  ],
  permission: 'call',
  positionals: ['service', 'endpoint', 'request'],
  open: requestMembers,
  input: v.object(
    {
      service: named('Name of the service', needed),
      endpoint: named('Endpoint: Greeter.Hello, or hello where that is clear', needed),
      request: jsonWords('The request as JSON; - reads it from the pipe'),
      fields: openMembers,
      concurrency: v.pipe(
        v.optional(v.pipe(number(1), v.integer(), v.maxValue(10_000)), 64),
        v.description('Most calls in flight'),
      ),
      duration: v.optional(duration('How long it is measured'), '10s'),
      warmup: v.optional(duration('How long it runs before that; 0 for none', true), '1s'),
      rate: v.pipe(
        v.optional(v.pipe(number(0.001), v.maxValue(1_000_000))),
        v.description('Calls a second, whether answered or not; without it, as many as it can'),
      ),
      timeout: v.optional(duration('Longest time for each call: 500ms, 2s')),
    },
    needed,
  ),
  run: async (input, context) => {
    const { measure } = await import('./measure.ts');
    return measure(input, context);
  },
});
