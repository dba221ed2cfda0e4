import { MicroError, noMetadata } from '@micro-ts/interface';
import type { CallMessage, Limits, Message, Metadata } from '@micro-ts/interface';
import { addMetadata, callHeaders, contentTypeOf, decodeError, encodeError } from '@micro-ts/wire';
import { fromHeaderText, isReserved, toHeaderText } from '@micro-ts/wire';
import type { PlainMessage } from './bus.ts';

/**
 * Headers that are ours, besides go-micro's: the request was certainly not processed; names of the
 * answer's headers that are metadata, because go-micro sends the headers of requests back; the body
 * `{}` stands for one without bytes, which go-micro takes for an error.
 */
const own = { refused: 'Micro-Refused', metadata: 'Micro-Metadata', empty: 'Micro-Empty' } as const;

/** go-micro's decoder takes no body at all for an error. */
const emptyObject = Buffer.from('{}');
const nothing = Buffer.alloc(0);

/**
 * A request as go-micro writes it. Its id is there in both spellings: since v4.10 it is `Micro-ID`,
 * before that `Micro-Id`, and here nothing makes them one.
 * @throws MicroError `invalid_argument` or `resource_exhausted`, refused, if headers cannot carry the
 * metadata
 */
export function requestOf(call: CallMessage, body: Uint8Array, limits: Limits): PlainMessage {
  checkSize(call.metadata, limits);
  const headers = callHeaders(call);
  headers['Micro-ID'] = headers['Micro-Id'] ?? '';
  return { headers: asText(headers), body };
}

/** What an answer says. @throws MicroError that it is */
export function readAnswer(call: CallMessage, message: PlainMessage, limits: Limits): Message {
  const headers = lowerCased(message.headers);
  const error = headers['micro-error'] ?? headers['x-micro-error'];
  const refused = headers[own.refused.toLowerCase()] !== undefined;
  if (error !== undefined && error !== '') throw decodeError(fromHeaderText(error), refused);
  const contentType = contentTypeOf(headers['content-type']);
  if (contentType === 'text/plain' && call.contentType !== contentType) {
    const said = Buffer.from(message.body).toString('utf8', 0, 1_024);
    throw new MicroError('unimplemented', said, { refused: true }); // how Go says that it has no codec
  }
  if (message.body.length > limits.messageBytes) throw tooLarge(limits.messageBytes);
  const empty = headers[own.empty.toLowerCase()] !== undefined;
  const body = empty ? nothing : message.body;
  return { contentType: call.contentType, metadata: metadataOf(headers), body };
}

/** An answer as go-micro writes it. @throws MicroError if headers cannot carry its metadata */
export function answerOf(
  request: Metadata,
  message: Message<Uint8Array>,
  limits: Limits,
): PlainMessage {
  const headers: Record<string, string> = { 'Content-Type': message.contentType };
  const empty = message.body.length === 0 && message.contentType === 'application/json';
  if (empty) headers[own.empty] = '1';
  addIds(headers, request);
  if (message.metadata !== noMetadata) {
    checkSize(message.metadata, limits);
    const named: Record<string, string> = Object.create(null);
    addMetadata(named, message.metadata);
    const names = Object.keys(named);
    if (names.length > 0) Object.assign(headers, named, { [own.metadata]: names.join(',') });
  }
  return { headers: asText(headers), body: empty ? emptyObject : message.body };
}

/** An error as go-micro sends it: the headers of the request, the error among them, and no body. */
export function failureOf(
  request: PlainMessage['headers'],
  error: MicroError,
  service: string,
): PlainMessage {
  const text = encodeError(error, service);
  const headers: Record<string, string> = Object.create(null);
  Object.assign(headers, request, { 'Micro-Error': text, 'X-Micro-Error': text });
  if (error.refused) headers[own.refused] = '1';
  return { headers, body: nothing };
}

/** Headers with their names in lower case, and their texts as `readCallHeaders` takes them. */
export function lowerCased(headers: PlainMessage['headers']): Metadata {
  const lower: Record<string, string> = Object.create(null);
  for (const name of Object.keys(headers)) {
    lower[name.toLowerCase()] = toHeaderText(String(headers[name]));
  }
  return lower;
}

/** The id comes back as it was spelt. */
function addIds(headers: Record<string, string>, request: Metadata): void {
  const id = request['micro-id'];
  if (id !== undefined) headers['Micro-Id'] = headers['Micro-ID'] = id;
}

function metadataOf(headers: Metadata): Metadata {
  const names = headers[own.metadata.toLowerCase()];
  if (names === undefined) return noMetadata;
  const found: Record<string, string> = Object.create(null);
  for (const name of names.toLowerCase().split(',')) {
    const value = headers[name];
    if (value !== undefined && !isReserved(name)) found[name] = fromHeaderText(value);
  }
  return found;
}

/**
 * Media keep text as it is, where HTTP has bytes; and they keep names, where Go's HTTP makes them
 * `X-Trace`, which is how Go's handlers look for them.
 */
function asText(headers: Record<string, string>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const spelt = name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
    texts[spelt] = fromHeaderText(headers[name] ?? '');
  }
  return texts;
}

function checkSize(metadata: Metadata, { metadataBytes }: Limits): void {
  if (metadata === noMetadata) return;
  let size = 0;
  for (const key of Object.keys(metadata))
    size += key.length + Buffer.byteLength(metadata[key] ?? '');
  if (size <= metadataBytes) return;
  const text = `the metadata is larger than ${metadataBytes} bytes`;
  throw new MicroError('resource_exhausted', text, { refused: true });
}

/** A message that is larger than its receiver takes. */
export const tooLarge = (limit: number, refused = false): MicroError =>
  new MicroError('resource_exhausted', `the message is larger than ${limit} bytes`, { refused });
