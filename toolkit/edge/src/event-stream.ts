import type { FastifyReply } from 'fastify';
import type { LiveStreams } from './live-streams.ts';
import { eventFormat } from './stream-format.ts';
import type { MessageLabels } from './stream-format.ts';
import { StreamWriter } from './stream-writer.ts';

/** One event of a stream. */
export interface StreamEvent extends MessageLabels {
  readonly data: string;
}

/** Server-sent events to one client. */
export interface EventStream {
  /**
   * Resolves when the client's system has taken it. Rejects if the client is gone.
   * @param event is called when all before it are taken
   */
  send(event: () => StreamEvent): Promise<void>;
  /** Does something when the client is gone, or now if it is already. */
  whenClosed(work: () => void): void;
}

/** How long a client may leave an event unread, in ms, once it is sent. */
const patience = 10_000;

/**
 * Begins to answer with server-sent events. The answer ends with the client or with the server.
 * @throws MicroError `resource_exhausted` if there are too many streams
 */
export function openEventStream(streams: LiveStreams, reply: FastifyReply): EventStream {
  const { raw, request } = reply;
  const forget = streams.add(request, () => writer.end());
  const writer = new StreamWriter(reply, eventFormat, patience);
  const whenClosed = (work: () => void): void => {
    if (raw.destroyed) work();
    else raw.once('close', work);
  };
  whenClosed(forget);
  void writer.write(': open\n\n');
  return {
    whenClosed,
    send: (event) => writer.deliver(() => encode(event())),
  };
}

const encode = (event: StreamEvent): Buffer => eventFormat.message(Buffer.from(event.data), event);
