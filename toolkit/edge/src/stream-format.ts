/** What a message is called. */
export interface MessageLabels {
  readonly id?: number | string | undefined;
  readonly event?: string | undefined;
}

/** How the messages of a stream are written one after the other in one HTTP answer. */
export interface StreamFormat {
  readonly contentType: string;
  /** Keeps proxies from taking a silent stream for a dead one. */
  readonly heartbeat: string | undefined;
  /** @param json one message @param labels of it, where the format has them */
  message(json: Buffer, labels: MessageLabels): Buffer;
  /** The last that is written, if it went well. */
  readonly end: string | undefined;
  /** The last that is written, if it did not. @param problem RFC 9457 JSON */
  failure(problem: string): string;
}

const lineBreak = /\r\n|\r|\n/;
const hasBreak = (bytes: Buffer): boolean => bytes.includes(0x0a) || bytes.includes(0x0d);

/**
 * Server-sent events: `data` is the message. The last event is `end`, without which browsers would
 * call again, or `error` with a problem as its data.
 */
export const eventFormat: StreamFormat = {
  contentType: 'text/event-stream',
  heartbeat: ': \n\n',
  message: (json, { id, event }) => {
    const lines = hasBreak(json) ? json.toString('utf8').split(lineBreak).join('\ndata: ') : json;
    const head = `${label('event', event)}${label('id', id)}data: `;
    return Buffer.concat([Buffer.from(head), Buffer.from(lines), Buffer.from('\n\n')]);
  },
  end: 'event: end\ndata: {}\n\n',
  failure: (problem) => `event: error\ndata: ${problem}\n\n`,
};

/** Peers make ids, which are not to make lines. */
function label(name: string, value: number | string | undefined): string {
  if (value === undefined) return '';
  return `${name}: ${typeof value === 'number' ? value : value.replace(/[\r\n\0]/g, '')}\n`;
}

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
