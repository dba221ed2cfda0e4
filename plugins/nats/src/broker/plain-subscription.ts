import { Backlog } from '@micro-ts/delivery';
import { closable } from '@micro-ts/interface';
import type { Closable, DeliveryHandler, Limits, Logger } from '@micro-ts/interface';
import type { Msg } from '@nats-io/transport-node';
import type { NatsLink } from '../link.ts';
import { decodeEvent } from './event.ts';
import { Onset } from './onset.ts';

/** Events that wait while the handler is busy, and their bytes; those above are lost. */
const kept = { events: 65_536, bytes: 64 * 1024 * 1024 };

/** What a subscription needs. */
export interface PlainSettings {
  readonly subject: string;
  readonly queue: string | undefined;
  readonly concurrency: number;
  readonly handler: DeliveryHandler;
  readonly limits: Limits;
  readonly logger: Logger;
}

/** Events as they pass by: NATS pushes them, and keeps none. */
export async function subscribePlainly(link: NatsLink, settings: PlainSettings): Promise<Closable> {
  const { subject, queue, concurrency, handler, limits, logger } = settings;
  const overflow = new Onset(logger, 'events are lost: the handler is too slow for them');
  const garbage = new Onset(logger, 'an event is dropped: it cannot be read');
  const backlog = new Backlog(handler, { concurrency, ...kept, waiting: 1 });
  let open = true;
  const publisher = {
    taken: (): void => undefined,
    refused: (): void => {
      if (open) overflow.tell({ topic: subject, kept: kept.events });
    },
  };
  const take = (message: Msg): void => {
    try {
      backlog.add(decodeEvent(message, 1, limits), publisher);
    } catch (error) {
      garbage.tell({ topic: message.subject, error });
    }
  };
  const callback = (error: Error | null, message: Msg): void => {
    if (error === null && open) take(message);
  };
  const group = queue === undefined ? {} : { queue };
  const messages = link.subscribe(subject, { ...group, callback });
  const subscription = link.attach(
    closable(async () => {
      open = false;
      messages.unsubscribe();
      await backlog.close();
    }),
  );
  try {
    await link.flush(subject);
  } catch (error) {
    await subscription.close();
    throw error;
  }
  return subscription;
}
