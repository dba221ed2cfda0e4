import { MicroError } from '@micro-ts/interface';
import type { Limits, Message } from '@micro-ts/interface';
import { decodeEnvelope, encodeEnvelope } from '@micro-ts/wire';

/** Says in an envelope that its publisher has put it into the queues of the topic too. */
const mark = { name: 'micro-broker', value: 'redis', text: '"Micro-Broker":"redis"' };

/** Names that are for brokers only. */
const own: ReadonlySet<string> = new Set(['micro-topic', mark.name]);

/** What the JSON of an envelope takes besides its parts, in characters. */
const overhead = 64 * 1024;

/**
 * The envelope of an event, which says its topic as go-micro does.
 * @throws MicroError `resource_exhausted` if it is too large
 */
export function writeEvent(topic: string, message: Message<Uint8Array>, limits: Limits): string {
  if (message.body.length > limits.messageBytes) {
    const text = `an event of more than ${limits.messageBytes} bytes`;
    throw new MicroError('resource_exhausted', text, { refused: true });
  }
  return encodeEnvelope(message, [
    ['micro-topic', topic],
    [mark.name, mark.value],
  ]);
}

/** Whether {@link writeEvent} made it: nothing in an envelope but its own JSON has bare quotes. */
export const isOurs = (text: string): boolean => text.includes(mark.text);

/** Characters of the longest envelope that an event may have. */
export const longestEnvelope = ({ messageBytes, metadataBytes }: Limits): number =>
  Math.ceil(messageBytes / 3) * 4 + 6 * metadataBytes + overhead;

/**
 * The event in an envelope of ours or of go-micro.
 * @throws MicroError if it cannot be read, or is too large
 */
export function readEvent(text: string, limits: Limits): Message<Uint8Array> {
  const { messageBytes } = limits;
  if (text.length > longestEnvelope(limits)) {
    throw new MicroError('resource_exhausted', 'an event that is too large');
  }
  const event = decodeEnvelope(text, own);
  if (event.body.length > messageBytes) {
    throw new MicroError('resource_exhausted', `an event of more than ${messageBytes} bytes`);
  }
  return event;
}
