import type { ServerResponse } from 'node:http';
import { errorCodes, noMetadata } from '@micro-ts/interface';
import type { Limits, Message, MicroError } from '@micro-ts/interface';
import { addMetadata, encodeError, toHeaderText } from '@micro-ts/wire';
import { checkMetadata } from './check-metadata.ts';
import { own } from './raw-answer.ts';

/** Whom an answer is for, and how it wants it. */
export interface Caller {
  readonly response: ServerResponse;
  /**
   * It speaks go-micro: errors are a header of a 200. Others, such as curl, get a status and JSON.
   */
  readonly native: boolean;
  /** `Micro-Id` of its request. */
  readonly id: string | undefined;
  /** The web page that asked, if it may. */
  readonly origin: string | undefined;
  readonly draining: () => boolean;
  readonly limits: Limits;
}

/** Bodies up to this size, in bytes, are copied rather than written apart from their heads. */
const small = 8_192;

/** Go's decoder takes no body at all for an error. */
const emptyObject = Buffer.from('{}');

/** Answers with a value. */
export function answer(caller: Caller, contentType: string, message: Message<Uint8Array>): void {
  const { response } = caller;
  if (response.destroyed) return;
  const empty = message.body.length === 0 && contentType === 'application/json';
  const body = empty ? emptyObject : message.body;
  const headers = headersOf(caller, contentType);
  if (empty) headers.push(own.empty, '1');
  headers.push('Content-Length', String(body.length));
  pushMetadata(headers, message, caller.limits);
  response.writeHead(200, headers);
  // Text goes out in one piece with the head, and latin1 keeps its bytes; a large body is not worth it.
  if (body.length > small) response.end(body);
  else response.end(asLatin1(body), 'latin1');
}

const asLatin1 = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString('latin1');

/**
 * Answers with an error, in the way of the caller.
 * @param status for callers that look at it, where HTTP has a better one than the code's own
 */
export function answerError(
  caller: Caller,
  error: MicroError,
  service: string,
  status: number = errorCodes[error.code].http,
): void {
  const { response, native } = caller;
  if (response.destroyed || response.headersSent) return;
  const text = encodeError(error, service);
  // Bytes, because Node writes a head together with a body of text, and then both in one encoding.
  const body = Buffer.from(native ? '' : `${text}\n`);
  const headers = headersOf(caller, 'application/json');
  const line = toHeaderText(text);
  headers.push('Content-Length', String(body.length), 'Micro-Error', line);
  if (native) headers.push('X-Micro-Error', line);
  if (error.refused) headers.push(own.refused, '1');
  if (status === 405) headers.push('Allow', 'POST');
  response.writeHead(native ? 200 : status, headers);
  response.end(body);
}

/** What every answer says. */
export function headersOf(caller: Caller, contentType: string): string[] {
  const { response, id, origin } = caller;
  response.sendDate = false;
  const headers = ['Content-Type', contentType];
  if (id !== undefined) headers.push('Micro-Id', id);
  if (origin !== undefined) headers.push('Access-Control-Allow-Origin', origin, 'Vary', 'Origin');
  if (caller.draining()) headers.push('Connection', 'close', own.draining, '1');
  // What HTTP/1.1 means anyway need not be written and read on each answer.
  else if (response.req.httpVersionMinor === 1) response.removeHeader('Connection');
  return headers;
}

/**
 * Adds the metadata of an answer, with a list of their names.
 * @throws MicroError `invalid_argument` if headers cannot carry it
 */
export function pushMetadata(headers: string[], { metadata }: Message, limits: Limits): void {
  if (metadata === noMetadata) return;
  checkMetadata(metadata, limits);
  const named: Record<string, string> = Object.create(null);
  addMetadata(named, metadata);
  const names = Object.keys(named);
  if (names.length === 0) return;
  for (const name of names) headers.push(name, named[name] ?? '');
  headers.push(own.metadata, names.join(','));
}
