import { metadata, MicroError } from '@micro-ts/interface';
import type { Delivery, Message } from '@micro-ts/interface';
import type { ConsumeMessage, Options } from 'amqplib';
import { decodeEventHeaders, encodeError, encodeEventHeaders } from '@micro-ts/wire';

/** An AMQP message, but for where it goes. */
export interface Parcel {
  readonly content: Buffer;
  readonly properties: Options.Publish;
}

/** Longest key of AMQP's header table, in bytes. */
const maxKey = 255;
const maxAttempt = 1_000;

/** An event as go-micro publishes it, and lasting: whoever keeps it keeps it through a restart. */
export function encodeEvent(topic: string, message: Message<Uint8Array>): Parcel {
  const own = metadata(message.metadata, { 'micro-topic': topic });
  const headers = encodeEventHeaders({ ...message, metadata: own });
  for (const key of Object.keys(headers)) {
    if (Buffer.byteLength(key) <= maxKey) continue;
    const shown = JSON.stringify(key.slice(0, 40));
    const text = `metadata key ${shown} is longer than ${maxKey} bytes`;
    throw new MicroError('invalid_argument', text, { refused: true });
  }
  const { buffer, byteOffset, byteLength } = message.body;
  return {
    content: Buffer.from(buffer, byteOffset, byteLength),
    properties: { headers, persistent: true },
  };
}

/** The event in a message, whoever sent it: headers of any type, or none. */
export function decodeEvent({ content, fields, properties }: ConsumeMessage): Delivery {
  const { contentType, metadata: all } = decodeEventHeaders(properties.headers);
  const { 'micro-topic': topic, 'micro-attempt': attempt, 'micro-error': _, ...own } = all;
  // What comes by the default exchange was set aside and came back, or was sent to the queue itself.
  const direct = fields.exchange === '';
  return {
    topic: direct ? (topic ?? fields.routingKey) : fields.routingKey,
    attempt: direct ? attemptOf(attempt) : 1,
    contentType: contentType === '' ? textOf(properties.contentType) : contentType,
    metadata: metadata(Object.entries(own)),
    body: new Uint8Array(content.buffer, content.byteOffset, content.byteLength),
  };
}

function attemptOf(text: string | undefined): number {
  const attempt = text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : 1;
  return Math.min(Math.max(attempt, 1), maxAttempt);
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value.split(';', 1).join('').trim().toLowerCase() : '';

/** Where RabbitMQ would send copies, and what it says of earlier deaths. */
const dropped = /^(cc|bcc|x-death|x-first-death-.*|x-last-death-.*|micro-(topic|attempt|error))$/i;

/**
 * A message that is set aside, as it came, with the topic and the attempt that it has reached.
 * @param reason why it is given up; it stands in the header `Micro-Error`, as go-micro writes errors
 */
export function encodeAside(
  { content, properties }: ConsumeMessage,
  { topic, attempt }: Pick<Delivery, 'topic' | 'attempt'>,
  reason?: MicroError,
): Parcel {
  const headers: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(properties.headers ?? {})) {
    if (!dropped.test(key)) headers[key] = value;
  }
  headers['Micro-Topic'] = topic;
  headers['Micro-Attempt'] = String(attempt);
  if (reason !== undefined) headers['Micro-Error'] = encodeError(reason);
  const { contentType, contentEncoding, correlationId, messageId, timestamp, type, appId } =
    properties;
  const kept = { contentType, contentEncoding, correlationId, messageId, timestamp, type, appId };
  const given = Object.entries(kept).filter(([, value]) => value !== undefined);
  return { content, properties: { ...Object.fromEntries(given), headers, persistent: true } };
}

/** The same with our own headers only, for a message whose headers leave no room for them. */
export function withFewHeaders({ content, properties }: Parcel): Parcel {
  const all = properties.headers as Readonly<Record<string, unknown>>;
  const names = ['Content-Type', 'Micro-Topic', 'Micro-Attempt', 'Micro-Error'];
  const few = names.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]]));
  return { content, properties: { ...properties, headers: Object.fromEntries(few) } };
}
