import { Backlog } from '@micro-ts/delivery';
import { closable, MicroError } from '@micro-ts/interface';
import type { Closable, DeliveryHandler, PluginContext } from '@micro-ts/interface';
import type { RedisLink } from './link.ts';
import { readEvent } from './read-event.ts';

/** Events that a subscription keeps while its handler is busy, and their bytes. */
const kept = { events: 1_024, bytes: 16 * 1024 * 1024, waiting: 1 };

/** Hears the events of a channel, each at most once. */
export async function subscribeChannel(
  link: RedisLink,
  topic: string,
  handler: DeliveryHandler,
  concurrency: number,
  { logger, limits }: PluginContext,
): Promise<Closable> {
  const backlog = new Backlog(handler, { concurrency, ...kept });
  let trouble = '';
  /** Told once, until an event is taken again. */
  const tell = (what: string, error: MicroError): void => {
    const { code, message: reason } = error;
    if (trouble !== what) logger.warn(what, { topic, code, reason });
    trouble = what;
  };
  const publisher = {
    taken: (): void => void (trouble = ''),
    refused: (error: MicroError): void =>
      tell('a subscriber is too slow: events are dropped', error),
  };
  const stop = await link.listen(topic, (text) => {
    try {
      const { contentType, metadata, body } = readEvent(text, limits);
      backlog.add({ topic, attempt: 1, contentType, metadata, body }, publisher);
    } catch (error) {
      tell('events that cannot be read are skipped', MicroError.from(error));
    }
  });
  const subscription = closable(async () => {
    await stop();
    await backlog.close();
  });
  link.own(subscription);
  return subscription;
}
