import * as v from 'valibot';
import { defineCommand } from '../command.ts';
import { count, duration, jsonWords, named, openMembers } from '../inputs.ts';
import { requestMembers } from '../request-members.ts';

const needed = 'require service and endpoint';
const rate = v.pipe(
  v.union([v.string(), v.number()]),
  v.description('Calls a second, whether answered or not; without it, as many as it can'),
  v.transform(Number),
  v.check((n) => n >= 0.001 && n <= 1_000_000, 'should be a number, from 0.001 to 1000000'),
);

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
      concurrency: v.optional(v.pipe(count('Most calls in flight'), v.maxValue(10_000)), 64),
      duration: v.optional(duration('How long it is measured'), '10s'),
      warmup: v.optional(duration('How long it runs before that; 0 for none', true), '1s'),
      rate: v.optional(rate),
      timeout: v.optional(duration('Longest time for each call: 500ms, 2s')),
    },
    needed,
  ),
  run: async (input, context) => {
    const { measure } = await import('./measure.ts');
    return measure(input, context);
  },
});
