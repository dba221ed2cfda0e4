import * as v from 'valibot';
import { defineCommand } from './command.ts';
import { jsonWords, named, openMembers, pairs } from './inputs.ts';
import { messageOf, rawJson } from './request-body.ts';

const needed = 'require topic and message, such as user.created --name Ann, or {} for an empty one';

export const publishCommand = defineCommand({
  name: 'publish',
  aliases: ['broker publish'],
  summary: 'Publish an event',
  examples: [`publish user.created '{"name": "Ann"}'`, 'publish user.created --name Ann'],
  permission: 'call',
  input: v.object(
    {
      topic: named('The topic', needed),
      event: jsonWords('The event as JSON; - reads it from the pipe'),
      metadata: v.optional(pairs('Metadata to send, name=value; repeat it for more'), {}),
      key: v.optional(
        v.pipe(v.string(), v.description('Events of one key keep their order, where brokers can')),
      ),
      fields: openMembers,
    },
    needed,
  ),
  positionals: ['topic', 'event'],
  open: { member: 'fields', schema: async () => undefined },
  async run({ topic, event: words, fields, metadata, key }, context) {
    const event = await messageOf({ words, fields, what: 'the event', needed }, context);
    await context.micro.publish(topic, rawJson(event), {
      metadata,
      ...(key !== undefined && { key }),
    });
    return { data: 'ok', text: 'ok' };
  },
});
