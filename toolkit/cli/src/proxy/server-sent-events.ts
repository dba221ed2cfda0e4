import { MicroError } from 'micro-ts';
import { Pulse } from './pulse.ts';
import type { Sidecar } from './sidecar.ts';

/** One event of `text/event-stream`. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** Longest line, in characters. */
const most = 16 * 1024 * 1024;

/**
 * The events of an answer, until it ends.
 * @throws MicroError if the sidecar is gone without a word, see {@link Pulse}; whatever breaks the
 * connection
 */
export async function* serverSentEvents(
  sidecar: Pick<Sidecar, 'knock'>,
  response: Response,
  pulse?: number,
): AsyncIterable<ServerSentEvent> {
  let event = '';
  let data: string[] = [];
  for await (const line of linesOf(partsOf(sidecar, response, pulse))) {
    if (line === '') {
      if (data.length > 0) yield { event, data: data.join('\n') };
      [event, data] = ['', []];
      continue;
    }
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (name === 'event') event = value;
    if (name === 'data') data.push(value);
  }
}

/** Lines without their ends. @throws MicroError `resource_exhausted` for a long one */
async function* linesOf(parts: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let left = '';
  for await (const part of parts) {
    const lines = (left + decoder.decode(part, { stream: true })).split('\n');
    left = lines.pop() ?? '';
    if (left.length > most)
      throw new MicroError('resource_exhausted', `a line has more than ${most} characters`);
    for (const line of lines) yield line.replace(/\r$/, '');
  }
  if (left !== '') yield left;
}

async function* partsOf(
  sidecar: Pick<Sidecar, 'knock'>,
  { body }: Response,
  every: number | undefined,
): AsyncIterable<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  let reason: unknown;
  const lost = (why: unknown): void => {
    reason = why;
    void reader.cancel().catch(() => undefined); // ends what is being read
  };
  const pulse = new Pulse({ sidecar, lost, every });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (reason !== undefined) throw reason;
      if (done) return;
      pulse.heard();
      yield value;
    }
  } finally {
    pulse.end();
    await reader.cancel().catch(() => undefined);
  }
}
