import { metadata, MicroError } from '@micro-ts/interface';
import type { Message, Metadata } from '@micro-ts/interface';
import { contentTypeOf } from './content-type.ts';
import { asObject, asText, parseJson } from './json.ts';
import { decodeTexts } from './text-map.ts';

/** Longest envelope that is read, in characters. The limits of an app are checked before. */
const maxEnvelope = 256 * 1024 * 1024;

/**
 * go-micro's JSON envelope of a message, for media without headers: `{"Header":{},"Body":"base64"}`.
 * All metadata is written, reserved names too: brokers say `micro-topic` and `micro-id` there.
 */
export function encodeEnvelope({ contentType, metadata: own, body }: Message<Uint8Array>): string {
  const Header: Record<string, string> = Object.create(null);
  Header['Content-Type'] = contentType;
  for (const key of Object.keys(own).sort()) {
    if (key !== 'content-type') Header[canonical(key)] = own[key] ?? '';
  }
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return JSON.stringify({ Header, Body: bytes.toString('base64') });
}

/**
 * The message in an envelope. Names in it may be spelt in any case, as Go reads them.
 * @throws MicroError `invalid_argument` if it is not an envelope.
 */
export function decodeEnvelope(text: string): Message<Uint8Array> {
  try {
    const { header, body } = lowerCased(asObject(parseJson(text, maxEnvelope)));
    const texts = decodeTexts(header);
    return {
      contentType: contentTypeOf(texts['content-type']),
      metadata: without(texts, 'content-type'),
      body: base64(asText(body)),
    };
  } catch (cause) {
    throw new MicroError('invalid_argument', `not an envelope: ${(cause as Error).message}`);
  }
}

/** A message of go-micro's transport on NATS: the same envelope, with its headers as they are spelt. */
export interface TransportMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** The envelope of a call or an answer. */
export function encodeTransportMessage({ headers, body }: TransportMessage): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return JSON.stringify({ Header: headers, Body: bytes.toString('base64') });
}

/**
 * The call or answer in an envelope. Headers that are no texts are left out.
 * @throws MicroError `invalid_argument` if it is not an envelope.
 */
export function decodeTransportMessage(text: string): TransportMessage {
  try {
    const { header, body } = lowerCased(asObject(parseJson(text, maxEnvelope)));
    const headers: Record<string, string> = Object.create(null);
    for (const [name, value] of Object.entries(asObject(header ?? {}))) {
      if (typeof value === 'string') headers[name] = value;
    }
    return { headers, body: base64(asText(body)) };
  } catch (cause) {
    throw new MicroError('invalid_argument', `not an envelope: ${(cause as Error).message}`);
  }
}

function lowerCased(envelope: Readonly<Record<string, unknown>>): {
  header?: unknown;
  body?: unknown;
} {
  const found: { header?: unknown; body?: unknown } = {};
  for (const [key, value] of Object.entries(envelope)) {
    const name = key.toLowerCase();
    if (name === 'header' || name === 'body') found[name] = value;
  }
  return found;
}

const without = (texts: Metadata, name: string): Metadata =>
  metadata(Object.entries(texts).filter(([key]) => key !== name));

/** Node skips what is no base64; a body that lost bytes must not pass for a whole one. */
function base64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  const digits = text.endsWith('==') ? text.length - 2 : text.length - (text.endsWith('=') ? 1 : 0);
  if (bytes.length !== Math.floor((digits * 3) / 4)) throw new Error('a body that is no base64');
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Go looks headers up as `Content-Type`, and its own id as `Micro-ID`. */
const canonical = (key: string): string =>
  key === 'micro-id' ? 'Micro-ID' : key.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
