import type { Metadata, Raw } from 'micro-ts';
import { encodeEnvelope } from '@micro-ts/wire';
import { jsonText } from './json-text.ts';

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
  const { buffer, byteOffset, length } = bytes;
  return `${head},"base64":"${Buffer.from(buffer, byteOffset, length).toString('base64')}"}`;
}
