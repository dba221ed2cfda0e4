import { isUtf8 } from 'node:buffer';
import type { Metadata, Raw } from 'micro-ts';
import { contentTypeOf, encodeEnvelope } from '@micro-ts/wire';

/** How events are written to clients: as the sidecar of 2016 did, or for people. */
export type FrameFormat = 'envelope' | 'json';

/** An event as it arrives. */
export interface Arrived {
  readonly topic: string;
  readonly metadata: Metadata;
  readonly event: Raw;
  /** 1 for the first delivery. */
  readonly attempt: number;
}

const json = 'application/json';

/**
 * An event as one line of JSON. `envelope`: `{"Header":{…},"Body":"<base64>"}`. `json`:
 * `{"topic","contentType","metadata","body"}`, with a JSON body as it stands, and `base64` in place of
 * `body` for all others.
 * @param id by which the client answers it, if it has to: `id` and `attempt` stand in the JSON then,
 *   `Micro-Delivery` and `Micro-Attempt` in the envelope
 */
export function encodeFrame(arrived: Arrived, format: FrameFormat, id?: number): string {
  const { topic, metadata, event, attempt } = arrived;
  const { contentType, bytes } = event;
  if (format === 'envelope') {
    const message = { contentType, metadata, body: bytes };
    if (id === undefined) return encodeEnvelope(message, [['micro-topic', topic]]);
    const own = { 'micro-topic': topic, 'micro-delivery': `${id}`, 'micro-attempt': `${attempt}` };
    return encodeEnvelope(message, Object.entries(own));
  }
  const answering = id === undefined ? {} : { id, attempt };
  const head = JSON.stringify({ ...answering, topic, contentType, metadata }).slice(0, -1);
  const text = contentType === json ? jsonText(bytes) : undefined;
  if (text !== undefined) return `${head},"body":${text}}`;
  return `${head},"base64":"${asBuffer(bytes).toString('base64')}"}`;
}

/**
 * Content type of what is published: as given, unless that says as little as curl does. JSON is
 * recognised then.
 */
export function publishedType(given: string | undefined, bytes: Uint8Array): string {
  const type = contentTypeOf(given);
  if (type !== '' && type !== 'application/x-www-form-urlencoded') return type;
  if (jsonText(bytes) !== undefined) return json;
  return isUtf8(bytes) ? 'text/plain' : 'application/octet-stream';
}

/** The bytes as JSON on one line; `undefined` if they are none. Line ends cannot be in its texts. */
function jsonText(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = asBuffer(bytes).toString('utf8');
  try {
    JSON.parse(text);
    return text.replace(/[\r\n]+/g, ' ').trim();
  } catch {
    return undefined;
  }
}

const asBuffer = ({ buffer, byteOffset, length }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, length);
