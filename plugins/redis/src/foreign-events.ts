import { createHash } from 'node:crypto';
import { MicroError } from '@micro-ts/interface';
import type { Limits, Logger } from '@micro-ts/interface';
import type { TopicKeys } from './keys.ts';
import type { Link } from './link.ts';
import { isOurs, readEvent } from './read-event.ts';

/** A queue that is to get what go-micro publishes. */
export interface Adopting {
  readonly topic: string;
  readonly keys: TopicKeys;
  readonly queue: string;
  readonly maxLength: number;
  readonly limits: Limits;
  readonly logger: Logger;
}

/**
 * Puts events into a queue that others have published, who know of no queues. All consumers of the queue
 * hear of them; the first one puts them there.
 * @returns what to call to stop it
 */
export function adoptForeign(link: Link, adopting: Adopting): Promise<() => Promise<void>> {
  const { topic, keys, queue, maxLength, limits, logger } = adopting;
  let told = false;
  const adopt = async (envelope: string): Promise<void> => {
    const mark = createHash('sha1').update(envelope).digest('hex');
    const args = [keys.queue, queue, keys.wake, envelope, maxLength, mark];
    try {
      readEvent(envelope, limits); // garbage is nobody's event
      await link.run('microAdopt', [keys.queues], ...args);
      told = false;
    } catch (error) {
      if (!told)
        logger.warn('events of others do not reach the queue', {
          topic,
          error: MicroError.from(error),
        });
      told = true;
    }
  };
  return link.listen(topic, (text) => {
    if (!isOurs(text)) void adopt(text);
  });
}
