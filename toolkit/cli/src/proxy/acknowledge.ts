import { closable } from '@micro-ts/interface';
import { MicroError } from 'micro-ts';
import type { Closable } from 'micro-ts';
import { lossOf, readFrame } from './listen.ts';
import type { Framed } from './listen.ts';
import { SidecarSocket } from './sidecar-socket.ts';
import type { Asking, Sidecar } from './sidecar.ts';

/** Handles an event; one that is rejected comes again. */
type Handle = (framed: Framed, signal: AbortSignal) => Promise<void>;

/**
 * Listens to events that a sidecar sends again until they are acknowledged. It sends no more at once
 * than `concurrency` of the query says. Closing it takes no more, and waits for those in hand; what is
 * rejected then comes again to somebody else.
 * @throws MicroError `unimplemented` if its broker cannot do that
 */
export async function acknowledge(
  sidecar: Sidecar,
  query: NonNullable<Asking['query']>,
  handle: Handle,
): Promise<Closable> {
  // What a handler may take is not for the sidecar to say; it knows by the socket that it is there.
  const own = { delivery: 'at-least-once', format: 'json', timeout: '24h' };
  const socket = await SidecarSocket.open(sidecar, {
    path: '/broker',
    query: { ...query, ...own },
  });
  const inHand = new Set<Promise<void>>();
  const ended = new AbortController();
  let closing = false;
  const listening = closable(async () => {
    closing = true;
    await Promise.all(inHand);
    socket.close();
    ended.abort();
  });
  /** Never rejects. */
  const answer = async (framed: Framed): Promise<void> => {
    const { id } = framed;
    try {
      await handle(framed, ended.signal);
      await socket.send(JSON.stringify({ ack: id }));
    } catch (error) {
      if (closing) return; // answered by the end of the socket: now, it would come again to this one
      const { code, message: reason } = MicroError.from(error);
      await socket.send(JSON.stringify({ nack: id, reason, code }));
    }
  };
  const read = async (): Promise<void> => {
    for await (const text of socket) {
      if (closing) continue; // it comes again, to somebody else
      const work = answer(readFrame(text));
      inHand.add(work);
      void work.then(() => inHand.delete(work));
    }
  };
  const gone = (cause?: unknown): void => {
    ended.abort();
    listening.lose(lossOf(cause));
  };
  read().then(() => gone(), gone);
  return listening;
}
