import { isUtf8 } from 'node:buffer';
import { Raw } from 'micro-ts';
import type { Context } from 'micro-ts';
import * as v from 'valibot';
import { Arrivals } from './arrivals.ts';
import { defineCommand } from './command.ts';
import type { CommandContext } from './command.ts';
import { count, named } from './inputs.ts';
import { compactJson, jsonProblem } from './json-text.ts';
import type { Output } from './output.ts';

const needed = 'require topic, such as user.created';
const input = v.object(
  {
    topic: named('The topic', needed),
    queue: v.optional(
      v.pipe(v.string(), v.description('Share the events with all who subscribe to this queue')),
    ),
    delivery: v.optional(
      v.pipe(
        v.picklist(['at-most-once', 'at-least-once'], 'should be at-most-once or at-least-once'),
        v.description(
          'What the broker must promise: at-least-once has it keep events until they are shown',
        ),
      ),
    ),
    count: v.optional(count('End after so many events')),
  },
  needed,
);

export const subscribeCommand = defineCommand({
  name: 'subscribe',
  aliases: ['broker subscribe'],
  summary: 'Show the events of a topic as they come',
  examples: [
    'subscribe user.created',
    'subscribe user.created --queue audit --count 10',
    'subscribe user.created --queue mailer --delivery at-least-once',
  ],
  permission: 'call',
  input,
  positionals: ['topic'],
  run: subscribe,
});

/**
 * Events one by one. Each is acknowledged when the next one is asked for, so that none piles up. Where
 * the broker keeps them, it gives one at a time, and keeps the one that was not shown for others.
 */
async function* subscribe(
  { topic, queue, delivery, count: most = Infinity }: v.InferOutput<typeof input>,
  { micro, signal, note }: CommandContext,
): AsyncIterable<Output> {
  const kept = delivery === 'at-least-once';
  const arrivals = new Arrivals<Output>(signal);
  const take = async (event: unknown, context: Context): Promise<void> => {
    try {
      await arrivals.add(shown(event, context, kept));
    } catch (error) {
      if (kept) throw error; // what need not arrive is not worth a line in the log
    }
  };
  const options = { queue, delivery, concurrency: kept ? 1 : undefined, raw: true };
  const subscription = await micro.subscribe(topic, take, options);
  void subscription.closed.then((reason) => arrivals.end(reason));
  try {
    note?.(`subscribed to ${topic}`);
    let shownSoFar = 0;
    for await (const each of arrivals) {
      yield each;
      if (++shownSoFar >= most) arrivals.end();
    }
  } finally {
    const closing = subscription.close(); // first, or what is left would come back here
    arrivals.leave();
    await closing;
  }
}

/** People see the event; programs also where it came from. */
function shown(
  event: unknown,
  { endpoint: topic, metadata, attempt }: Context,
  kept: boolean,
): Output {
  const raw = event instanceof Raw ? event : new Raw('', new Uint8Array());
  const text = isUtf8(raw.bytes) ? new TextDecoder().decode(raw.bytes) : undefined;
  const head = { topic, contentType: raw.contentType, metadata, ...(kept && { attempt }) };
  if (text === undefined || jsonProblem(text) !== undefined) {
    const body = text ?? Buffer.from(raw.bytes).toString('base64');
    return { data: { ...head, [text === undefined ? 'base64' : 'text']: body }, text: body };
  }
  const json = compactJson(text);
  return {
    data: { ...head, event: JSON.parse(text) as unknown },
    json: `${JSON.stringify(head).slice(0, -1)},"event":${json}}`,
    text: json,
  };
}
