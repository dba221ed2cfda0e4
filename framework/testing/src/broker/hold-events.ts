import type { Configured } from '@micro-ts/interface';
import { openPlugin } from '../open-plugin.ts';

/**
 * Takes up to 16 events of a queue and never finishes them: the whole of a program that a test kills.
 * It prints `ready` when it has subscribed, then the text of each event, a line each.
 */
export async function holdEvents(
  plugin: Configured<'broker'>,
  topic: string,
  queue: string,
): Promise<void> {
  const broker = openPlugin(plugin).create('broker');
  const hold = async ({ body }: { readonly body: Uint8Array }): Promise<void> => {
    console.log(new TextDecoder().decode(body));
    await new Promise(() => undefined);
  };
  const options = { queue, delivery: 'at-least-once', attempts: 5, concurrency: 16 } as const;
  await broker.subscribe(topic, hold, options);
  console.log('ready');
}
