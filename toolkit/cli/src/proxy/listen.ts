import { closable } from '@micro-ts/interface';
import { metadata, MicroError, Raw } from 'micro-ts';
import type { Closable, Metadata } from 'micro-ts';
import { rawMembers } from '@micro-ts/wire';
import { serverSentEvents } from './server-sent-events.ts';
import type { ServerSentEvent } from './server-sent-events.ts';
import type { Asking, Sidecar } from './sidecar.ts';

/** Does something with an event; the next one waits for it. An error ends the listening. */
type Take = (event: ServerSentEvent, signal: AbortSignal) => Promise<void> | void;

/**
 * Listens to server-sent events of a sidecar until it is closed, `take` fails, with whose error it is
 * lost then, or the sidecar is gone.
 */
export async function listen(
  sidecar: Sidecar,
  path: string,
  query: NonNullable<Asking['query']>,
  take: Take,
): Promise<Closable> {
  const ended = new AbortController();
  const { signal } = ended;
  const headers = { accept: 'text/event-stream' };
  const response = await sidecar.ask({ method: 'GET', path, query, headers, signal });
  const listening = closable(() => ended.abort());
  const read = async (): Promise<void> => {
    for await (const event of serverSentEvents(sidecar, response))
      try {
        await take(event, signal);
      } catch (error) {
        return listening.lose(error);
      }
  };
  const gone = (cause?: unknown): void => listening.lose(lossOf(cause));
  read().then(() => gone(), gone);
  return listening;
}

/** Why nothing comes any more, of what has ended the reading. */
export const lossOf = (cause: unknown): MicroError =>
  cause instanceof MicroError && cause.code !== 'unavailable'
    ? cause
    : new MicroError('unavailable', 'the sidecar has gone', { cause });

/** The JSON of an event. @throws MicroError `data_loss` if it is none */
export function readData(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw new MicroError('data_loss', 'what answers is no sidecar: it tells no JSON', { cause });
  }
}

/** An event as the sidecar frames it. */
export interface Framed {
  readonly topic: string;
  readonly metadata: Metadata;
  readonly event: Raw;
  /** By which it is answered, where it has to be. */
  readonly id: number | undefined;
  readonly attempt: number;
}

/** Reads `{"topic","contentType","metadata","body"}`; the body keeps the digits of its numbers. */
export function readFrame(data: string): Framed {
  const frame = readData(data) as {
    readonly topic: string;
    readonly contentType?: string;
    readonly metadata?: Readonly<Record<string, string>>;
    readonly base64?: string;
    readonly id?: number;
    readonly attempt?: number;
  };
  const body = rawMembers(data).get('body');
  const bytes =
    body === undefined ? Buffer.from(frame.base64 ?? '', 'base64') : new TextEncoder().encode(body);
  return {
    topic: frame.topic,
    metadata: metadata(frame.metadata),
    event: new Raw(frame.contentType ?? 'application/json', bytes),
    id: frame.id,
    attempt: frame.attempt ?? 1,
  };
}
