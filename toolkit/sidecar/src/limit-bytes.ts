import type { MicroError } from 'micro-ts';
import { refusal } from '@micro-ts/edge';
import type { EventSink } from './topic-reader.ts';

/** Most bytes of events that one client has in hand: 16 of the largest that there are by default. */
const mostBytes = 64 * 1024 * 1024;

/**
 * Takes events as long as the client has not too much of them in hand; one event is never too much.
 * @param full is told when it has: the client should be let go, and what it has comes again to others
 */
export function limitBytes(sink: EventSink, full: (reason: MicroError) => void): EventSink {
  let held = 0;
  return async (arrived) => {
    const { length } = arrived.event.bytes;
    if (held > 0 && held + length > mostBytes) {
      const text = `${mostBytes / 2 ** 20} MiB of events in hand are the most; ask for less concurrency`;
      const reason = refusal('resource_exhausted', text);
      full(reason);
      throw reason;
    }
    held += length;
    try {
      await sink(arrived);
    } finally {
      held -= length;
    }
  };
}
