/** How the messages of a stream are written one after the other in one HTTP answer. */
export interface StreamFormat {
  readonly contentType: string;
  /** Keeps proxies from taking a silent stream for a dead one. */
  readonly heartbeat: string | undefined;
  /** @param json one message @param number 1 for the first */
  message(json: Buffer, number: number): Buffer;
  /** The last that is written, if it went well. */
  readonly end: string | undefined;
  /** The last that is written, if it did not. @param problem RFC 9457 JSON */
  failure(problem: string): string;
}

const lineBreak = /\r\n|\r|\n/;
const hasBreak = (bytes: Buffer): boolean => bytes.includes(0x0a) || bytes.includes(0x0d);

/**
 * Server-sent events: `id` counts from 1, `data` is the message. The last event is `end`, without
 * which browsers would call again, or `error` with a problem as its data.
 */
const eventFormat: StreamFormat = {
  contentType: 'text/event-stream',
  heartbeat: ': \n\n',
  message: (json, number) => {
    const lines = hasBreak(json) ? json.toString('utf8').split(lineBreak).join('\ndata: ') : json;
    return Buffer.concat([
      Buffer.from(`id: ${number}\ndata: `),
      Buffer.from(lines),
      Buffer.from('\n\n'),
    ]);
  },
  end: 'event: end\ndata: {}\n\n',
  failure: (problem) => `event: error\ndata: ${problem}\n\n`,
};

/** A JSON value in each line. After a failure the last line is `{"error": …}` with a problem. */
const lineFormat: StreamFormat = {
  contentType: 'application/x-ndjson',
  heartbeat: undefined,
  message: (json) => {
    // Between its values JSON may have line breaks; inside texts they are escaped.
    const line = hasBreak(json) ? json.toString('utf8').replace(/[\r\n]+/g, ' ') : json;
    return Buffer.concat([Buffer.from(line), Buffer.from('\n')]);
  },
  end: undefined,
  failure: (problem) => `{"error":${problem}}\n`,
};

/** The format that a client asks for; lines unless it says otherwise. @param accept the header */
export const streamFormat = (accept: string | undefined): StreamFormat =>
  accept?.includes(eventFormat.contentType) === true ? eventFormat : lineFormat;
