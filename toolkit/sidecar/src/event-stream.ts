import type { FastifyReply } from 'fastify';
import { refusal } from '@micro-ts/edge';
import type { LiveStreams } from '@micro-ts/edge';

/** One event of a stream. Its data is one line. */
export interface StreamEvent {
  readonly event?: string;
  readonly id?: string | undefined;
  readonly data: string;
}

/** Server-sent events to one client. */
export interface EventStream {
  /** Resolves when the client's system has taken it. Rejects if the client is gone. */
  send(event: StreamEvent): Promise<void>;
  /** Does something when the client is gone, or now if it is already. */
  whenClosed(work: () => void): void;
}

/** How long a client may leave events unread, in ms. */
const patience = 10_000;
/** How often something is said where there is nothing to say, in ms: proxies close what is silent. */
const heartbeat = 25_000;

/**
 * Begins to answer with server-sent events. The answer ends with the client or with the server.
 * @throws MicroError `resource_exhausted` if there are too many streams
 */
export function openEventStream(streams: LiveStreams, reply: FastifyReply): EventStream {
  const forget = streams.add(() => reply.raw.end());
  const { raw } = reply.hijack();
  const whenClosed = (work: () => void): void => {
    if (raw.destroyed) work();
    else raw.once('close', work);
  };
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  raw.write(': open\n\n');
  const beat = setInterval(() => raw.writableLength === 0 && raw.write(':\n\n'), heartbeat).unref();
  whenClosed(() => {
    clearInterval(beat);
    forget();
  });
  return { whenClosed, send: (event) => write(reply, event) };
}

function write({ raw }: FastifyReply, { event, id, data }: StreamEvent): Promise<void> {
  return new Promise((resolve, reject) => {
    if (raw.destroyed || raw.writableEnded)
      return reject(refusal('unavailable', 'the client has gone'));
    const late = setTimeout(() => raw.destroy(), patience);
    const name = event === undefined ? '' : `event: ${event}\n`;
    const mark = id === undefined ? '' : `id: ${id}\n`;
    raw.write(`${name}${mark}data: ${data}\n\n`, (error) => {
      clearTimeout(late);
      if (error == null) resolve();
      else reject(error);
    });
  });
}
