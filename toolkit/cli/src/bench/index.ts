import { defineCommand } from '@micro-ts/commands';
import * as v from 'valibot';

const number = (least: number) =>
  v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.minValue(least));

/**
 * `micro bench`: calls an endpoint as often as it can, or at a rate, and says how long that took.
 * When its signal aborts it answers with what was measured so far.
 */
export const bench = defineCommand({
  name: 'bench',
  summary: 'Measure how fast an endpoint answers',
  examples: [
    'micro bench greeter Greeter.Hello \'{"name":"Ann"}\'',
    'micro bench greeter Greeter.Hello --rate 500 --duration 30s',
  ],
  permission: 'call',
  positionals: ['service', 'endpoint', 'request'],
  input: v.object({
    service: v.pipe(v.string(), v.description('Name of the service')),
    endpoint: v.pipe(v.string(), v.description('Name of the endpoint')),
    request: v.pipe(v.optional(v.string(), '{}'), v.description('The request, in JSON')),
    concurrency: v.pipe(
      v.optional(v.pipe(number(1), v.integer(), v.maxValue(10_000)), 64),
      v.description('Most calls in flight'),
    ),
    duration: v.pipe(v.optional(v.string(), '10s'), v.description('How long it is measured')),
    warmup: v.pipe(v.optional(v.string(), '1s'), v.description('How long it runs before that')),
    rate: v.pipe(
      v.optional(v.pipe(number(0.001), v.maxValue(1_000_000))),
      v.description('Calls a second, whether answered or not; without it, as many as it can'),
    ),
    timeout: v.pipe(v.optional(number(1)), v.description('Deadline of each call, in ms')),
  }),
  run: async (input, context) => {
    const { measure } = await import('./measure.ts');
    return measure(input, context);
  },
});
