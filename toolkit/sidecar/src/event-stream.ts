import type { FastifyReply } from 'fastify';

/** One event of a stream. Its data is one line. */
export interface StreamEvent {
  readonly event?: string;
  readonly id?: string | undefined;
  readonly data: string;
}

/** Server-sent events to one client. */
export interface EventStream {
  /** Resolves when the client has taken it, or is gone. */
  send(event: StreamEvent): Promise<void>;
}

/** How long a client may leave events unread, in ms. */
const patience = 10_000;
/** How often something is said where there is nothing to say, in ms: proxies close what is silent. */
const heartbeat = 25_000;

/** Begins to answer with server-sent events. The answer ends with the client, or with `close`. */
export function openEventStream(reply: FastifyReply): EventStream {
  const { raw } = reply.hijack();
  raw.writeHead(200, {
    ...reply.getHeaders(),
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  } as Record<string, string>);
  raw.write(': open\n\n');
  const beat = setInterval(() => raw.writableLength === 0 && raw.write(':\n\n'), heartbeat).unref();
  raw.once('close', () => clearInterval(beat));
  return {
    send: ({ event, id, data }) =>
      new Promise((resolve) => {
        if (raw.destroyed || raw.writableEnded) return resolve();
        const late = setTimeout(() => raw.destroy(), patience);
        const name = event === undefined ? '' : `event: ${event}\n`;
        const mark = id === undefined ? '' : `id: ${id}\n`;
        raw.write(`${name}${mark}data: ${data}\n\n`, () => {
          clearTimeout(late);
          resolve();
        });
      }),
  };
}
