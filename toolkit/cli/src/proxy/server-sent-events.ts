import { MicroError } from 'micro-ts';

/** One event of `text/event-stream`. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** Longest line, in characters. */
const most = 16 * 1024 * 1024;

/** The events of an answer, until it ends. @throws whatever breaks the connection */
export async function* serverSentEvents(response: Response): AsyncIterable<ServerSentEvent> {
  let event = '';
  let data: string[] = [];
  for await (const line of linesOf(response)) {
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

/** The lines of an answer, without their ends. @throws MicroError `resource_exhausted` for a long one */
export async function* linesOf(response: Response): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let left = '';
  for await (const part of response.body ?? []) {
    const lines = (left + decoder.decode(part, { stream: true })).split('\n');
    left = lines.pop() ?? '';
    if (left.length > most)
      throw new MicroError('resource_exhausted', `a line has more than ${most} characters`);
    for (const line of lines) yield line.replace(/\r$/, '');
  }
  if (left !== '') yield left;
}
