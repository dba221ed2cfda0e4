import { createHash } from 'node:crypto';
import { MicroError } from '@micro-ts/interface';
import type { Limits, Logger } from '@micro-ts/interface';
import type { TopicKeys } from './keys.ts';
import type { RedisLink } from './link.ts';
import { letterOf } from './dead-letter.ts';
import { isOurs, longestEnvelope, readEvent } from './read-event.ts';

/** A queue that is to get what go-micro publishes. */
export interface Adopting {
  readonly topic: string;
  readonly keys: TopicKeys;
  readonly queue: string;
  readonly maxLength: number;
  /** Most dead letters that are kept; 0 if what cannot be read is skipped. */
  readonly deadLetters: number;
  readonly limits: Limits;
  readonly logger: Logger;
}

/**
 * Puts events into a queue that others have published, who know of no queues. All consumers of the queue
 * hear of them; the first one puts them there, or makes a dead letter of what is no event.
 * @returns what to call to stop it
 */
export function adoptForeign(link: RedisLink, adopting: Adopting): Promise<() => Promise<void>> {
  const { topic, keys, queue, maxLength, limits, logger } = adopting;
  let told = false;
  /** Told once, until an event is taken again: others may publish nonsense for ever. */
  const tell = (message: string, error: unknown): void => {
    const { code, message: reason } = MicroError.from(error);
    if (!told) logger.warn(message, { topic, code, reason });
    told = true;
  };
  const adopt = async (envelope: string): Promise<void> => {
    const mark = createHash('sha1').update(envelope).digest('hex');
    try {
      const unreadable = problemOf(envelope, limits);
      if (unreadable === undefined) {
        const args = [keys.queue, queue, keys.wake, envelope, maxLength, mark];
        await link.run('microAdopt', [keys.queues], ...args);
        told = false;
        return;
      }
      tell('events of others that cannot be read are given up', unreadable);
      await bury(link, adopting, { envelope, mark, reason: unreadable });
    } catch (error) {
      tell('events of others do not reach the queue', error);
    }
  };
  return link.listen(topic, (text) => {
    if (!isOurs(text)) void adopt(text);
  });
}

function problemOf(envelope: string, limits: Limits): MicroError | undefined {
  try {
    readEvent(envelope, limits);
    return undefined;
  } catch (error) {
    return MicroError.from(error);
  }
}

/** Who takes events at most once has no dead letters. */
async function bury(
  link: RedisLink,
  { topic, keys, queue, deadLetters, limits }: Adopting,
  { mark, ...given }: { readonly envelope: string; readonly mark: string; reason: MicroError },
): Promise<void> {
  if (deadLetters === 0) return;
  const longest = longestEnvelope(limits);
  const letter = letterOf({ ...given, longest, attempt: 0, topic, queue });
  const args = [keys.queue, queue, mark, deadLetters, ...letter];
  await link.run('microBuryForeign', [keys.queues, keys.dead], ...args);
}
