import { MicroError } from '@micro-ts/interface';
import type { Message } from '@micro-ts/interface';
import { contentTypeOf } from './content-type.ts';
import { asObject, asText, parseJson } from './json.ts';

/** Longest envelope that is read, in characters. The limits of an app are checked before. */
const maxEnvelope = 256 * 1024 * 1024;

/** Names of headers as they are written, with the colon. So many are kept: apps have a few. */
const spelt = new Map<string, string>();
const mostSpelt = 1_000;

/** The same, read: the names that most envelopes have. What others make up is not kept. */
const known: ReadonlyMap<string, string> = new Map(
  ['Content-Type', 'Micro-ID', 'Micro-Topic', 'Micro-Broker', 'Micro-From-Service'].map((name) => [
    name,
    name.toLowerCase(),
  ]),
);

const none: readonly never[] = [];

/**
 * go-micro's JSON envelope of a message, for media without headers: `{"Header":{},"Body":"base64"}`.
 * All metadata is written, reserved names too: brokers say `micro-topic` and `micro-id` there.
 * @param added more metadata, in lower case, which wins over that of the message
 */
export function encodeEnvelope(
  { contentType, metadata: own, body }: Message<Uint8Array>,
  added: readonly (readonly [name: string, value: string])[] = none,
): string {
  let text = `{"Header":{"Content-Type":${quoted(contentType)}`;
  for (const name of inOrder(Object.keys(own))) {
    if (name === 'content-type' || isAmong(added, name)) continue;
    text += (spelt.get(name) ?? spell(name)) + quoted(own[name] ?? '');
  }
  for (const [name, value] of added) text += (spelt.get(name) ?? spell(name)) + quoted(value);
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return `${text}},"Body":"${bytes.toString('base64')}"}`;
}

/**
 * The message in an envelope. Names in it may be spelt in any case, as Go reads them.
 * @param left names in lower case that do not become metadata
 * @throws MicroError `invalid_argument` if it is not an envelope.
 */
export function decodeEnvelope(text: string, left?: ReadonlySet<string>): Message<Uint8Array> {
  try {
    const { header, body } = parts(asObject(parseJson(text, maxEnvelope)));
    const metadata: Record<string, string> = Object.create(null);
    let contentType = '';
    // Go's maps are `null` when they are empty.
    const headers = asObject(header ?? nothing);
    for (const key of Object.keys(headers)) {
      const value = asHeader(headers[key]);
      if (value === undefined) continue;
      const name = known.get(key) ?? key.toLowerCase();
      if (name === 'content-type') contentType = contentTypeOf(value);
      else if (left === undefined || !left.has(name)) metadata[name] = value;
    }
    return { contentType, metadata, body: base64(asText(body)) };
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
    const { header, body } = parts(asObject(parseJson(text, maxEnvelope)));
    const headers: Record<string, string> = Object.create(null);
    for (const [name, value] of Object.entries(asObject(header ?? nothing))) {
      if (typeof value === 'string') headers[name] = value;
    }
    return { headers, body: base64(asText(body)) };
  } catch (cause) {
    throw new MicroError('invalid_argument', `not an envelope: ${(cause as Error).message}`);
  }
}

const nothing = {};

/** Header and body, however they are spelt; of two the later one, as in Go. */
function parts(envelope: Readonly<Record<string, unknown>>): { header: unknown; body: unknown } {
  let [header, body]: unknown[] = [];
  for (const key of Object.keys(envelope)) {
    const name = key === 'Header' || key === 'Body' ? key : key.toLowerCase();
    if (name === 'Header' || name === 'header') header = envelope[key];
    else if (name === 'Body' || name === 'body') body = envelope[key];
  }
  return { header, body };
}

/** Go's maps hold text only; numbers and booleans of others become text, and what else there is does not count. */
function asHeader(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** Node skips what is no base64; a body that lost bytes must not pass for a whole one. */
function base64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  const digits = text.endsWith('==') ? text.length - 2 : text.length - (text.endsWith('=') ? 1 : 0);
  // A digit beyond full groups makes no byte; it is as wrong as one that was skipped.
  const whole = digits % 4 !== 1 && (digits === text.length || text.length % 4 === 0);
  if (!whole || bytes.length !== Math.floor((digits * 3) / 4))
    throw new Error('a body that is no base64');
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Characters that stand in JSON as they are: no quotes, backslashes, controls and lone surrogates. */
const plain = /^[ !#-[\]-~\u00a0-\ud7ff\ue000-\uffff]*$/;

/** A text as JSON. */
const quoted = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text));

function isAmong(pairs: readonly (readonly [string, string])[], name: string): boolean {
  for (const [each] of pairs) if (each === name) return true;
  return false;
}

/** As Go writes maps. Mostly they are in order already. */
function inOrder(names: string[]): readonly string[] {
  for (let at = 1; at < names.length; at++)
    if ((names[at - 1] as string) > (names[at] as string)) return names.sort();
  return names;
}

/** Go looks headers up as `Content-Type`, and its own id as `Micro-ID`. */
function spell(name: string): string {
  const canonical =
    name === 'micro-id' ? 'Micro-ID' : name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
  const text = `,${JSON.stringify(canonical)}:`;
  if (spelt.size < mostSpelt && name.length <= 100) spelt.set(name, text);
  return text;
}
