import { errorCodes, MicroError } from '@micro-ts/interface';
import type { ErrorCode } from '@micro-ts/interface';
import { isObject, parseJson } from './json.ts';

/** An error must fit into the headers that go-micro and Node accept: 16 KiB with all the others. */
const maxBytes = 12 * 1024;
/** Longest text of an error that is too large otherwise, in characters. */
const shortText = 1_000;
/** Longest text of a peer's error that is kept, in characters. */
const maxText = 8_192;

/** Reason phrases of the numbers in {@link errorCodes} and of HTTP's own, as Go writes them. */
const phrases: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Request Entity Too Large',
  414: 'Request URI Too Long',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

/**
 * go-micro's JSON of an error, `{"id","code","detail","status"}`. Several codes share one number
 * there, so `name` says ours; `details` follow if there are any. Go ignores both. An error that would
 * not fit into a header loses its details and the end of its text.
 * @param service stands in `id` if the error does not say where it was made.
 * @param number in place of the code's own, where an HTTP status says more.
 */
export function encodeError(
  error: MicroError,
  service = '',
  number: number = errorCodes[error.code].micro,
): string {
  const { code, message } = error;
  const id = error.origin ?? service;
  const known = { id, code: number, detail: message, status: phrases[number] ?? '', name: code };
  const text = withDetails(JSON.stringify(known), error.details);
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const detail = `${error.message.slice(0, shortText)}…`;
  return JSON.stringify({ ...known, id: id.slice(0, 200), detail });
}

/** Adds the details, unless they are nothing that JSON can hold. */
function withDetails(text: string, details: unknown): string {
  if (details === undefined) return text;
  try {
    const json = JSON.stringify(details, (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    ) as string | undefined;
    return json === undefined ? text : `${text.slice(0, -1)},"details":${json}}`;
  } catch {
    return text;
  }
}

/**
 * What go-micro's server says as bare text of calls for which it finds no handler. What handlers throw
 * arrives the same way, but an error of another service that they hand on is JSON by then.
 */
const unhandled: readonly (readonly [start: string, code: ErrorCode])[] = [
  ["rpc: can't find service ", 'unimplemented'],
  ["rpc: can't find method ", 'unimplemented'],
  ['rpc: service/endpoint request ill-formed: ', 'invalid_argument'],
];

/**
 * The error of a peer. Text that is no error of go-micro becomes `unknown` with that text, unless
 * go-micro's server says with it that it found no handler: then the call is refused.
 * @param refused the peer has said that it did not process the call.
 */
export function decodeError(text: string, refused = false): MicroError {
  const found = readError(text);
  if (found === undefined) {
    const code = unhandled.find(([start]) => text.startsWith(start))?.[1];
    const message = text.slice(0, maxText) || 'unknown error';
    return new MicroError(code ?? 'unknown', message, { refused: refused || code !== undefined });
  }
  const { id, detail, status, details } = found;
  const code = codeOf(found['name'], found['code']);
  const message = textOf(detail) ?? textOf(status) ?? code.replaceAll('_', ' ');
  return new MicroError(code, message, { origin: textOf(id)?.slice(0, 256), details, refused });
}

function readError(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseJson(text, 4 * 1024 * 1024);
    const known = isObject(value) && ('code' in value || 'detail' in value || 'name' in value);
    return known ? value : undefined;
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, maxText) : undefined;

function codeOf(name: unknown, number: unknown): ErrorCode {
  if (typeof name === 'string' && isCode(name)) return name;
  return typeof number === 'number' ? codeOfNumber(number) : 'unknown';
}

const isCode = (name: string): name is ErrorCode => Object.hasOwn(errorCodes, name);

/** Numbers with one meaning, of go-micro, its plugins and the HTTP servers in between. */
const codes = new Map<number, ErrorCode>([
  [401, 'unauthenticated'],
  [403, 'permission_denied'],
  [404, 'not_found'],
  [405, 'unimplemented'],
  [408, 'deadline_exceeded'],
  [409, 'already_exists'],
  [410, 'not_found'],
  [412, 'failed_precondition'],
  [413, 'resource_exhausted'],
  [415, 'unimplemented'],
  [429, 'resource_exhausted'],
  [499, 'cancelled'],
  [500, 'internal'],
  [501, 'unimplemented'],
  [502, 'unavailable'],
  [503, 'unavailable'],
  [504, 'deadline_exceeded'],
]);

/** The code that go-micro's number, or an HTTP status, comes closest to. */
export function codeOfNumber(number: number): ErrorCode {
  return codes.get(number) ?? (number >= 400 && number < 500 ? 'invalid_argument' : 'unknown');
}
