import { MicroError, noMetadata } from '@micro-ts/interface';
import type { CallMessage, Metadata } from '@micro-ts/interface';
import { contentTypeOf } from './content-type.ts';
import { fromHeaderText, toHeaderText } from './header-text.ts';
import { isReserved } from './reserved.ts';

/** What the headers of a request say. */
export interface CallHeaders {
  /** Empty if the caller does not say, as curl does. */
  readonly service: string;
  /** Empty if the headers do not say; over HTTP the path may. */
  readonly endpoint: string;
  /** Lower case, without parameters; empty if there is none. */
  readonly contentType: string;
  readonly metadata: Metadata;
  /** Milliseconds, above 0; `Infinity` if there is none. */
  readonly timeout: number;
  readonly attempt: number;
}

/** A signed 64-bit number of nanoseconds ends here, after 292 years. */
const longestTimeout = 9e12;
const maxAttempt = 255;

let calls = 0;

/**
 * The headers of a request, spelt as go-micro does: `Micro-Service`, `Micro-Endpoint`, `Micro-Method`,
 * `Micro-Id` (a number of this process), `Content-Type`, `Timeout` (what is left, in whole ns),
 * `Micro-Attempt` from the second attempt on, and the metadata less what {@link isReserved}.
 * @throws MicroError `invalid_argument`, refused, if a metadata key cannot be a header's name.
 */
export function callHeaders(call: CallMessage): Record<string, string> {
  const endpoint = toHeaderText(call.endpoint);
  const headers: Record<string, string> = {
    'Content-Type': toHeaderText(call.contentType),
    'Micro-Endpoint': endpoint,
    'Micro-Id': String((calls = (calls + 1) % Number.MAX_SAFE_INTEGER)),
    'Micro-Method': endpoint,
    'Micro-Service': toHeaderText(call.service),
  };
  const { left } = call.lifetime;
  if (left < longestTimeout) headers['Timeout'] = nanoseconds(left);
  if (call.attempt > 1) headers['Micro-Attempt'] = String(call.attempt);
  addMetadata(headers, call.metadata);
  return headers;
}

/** Whole microseconds with three zeros: V8 writes small integers ten times faster. */
function nanoseconds(milliseconds: number): string {
  const microseconds = Math.floor(milliseconds * 1_000);
  return microseconds > 0 ? `${microseconds}000` : '1';
}

/**
 * Adds metadata to the headers of a message, less what {@link isReserved}.
 * @throws MicroError `invalid_argument`, refused, if a key cannot be a header's name.
 */
export function addMetadata(headers: Record<string, string>, metadata: Metadata): void {
  if (metadata === noMetadata) return;
  for (const key of Object.keys(metadata)) {
    if (isReserved(key)) continue;
    if (!isName(key)) {
      const shown = JSON.stringify(key.slice(0, 40));
      const options = { origin: 'micro.client', refused: true };
      throw new MicroError('invalid_argument', `metadata key ${shown} is no header name`, options);
    }
    headers[key] = toHeaderText(metadata[key] ?? '');
  }
}

/**
 * The metadata among the headers of a message, less what {@link isReserved}.
 * @param headers with names in lower case.
 */
export function readMetadata(headers: Metadata): Metadata {
  let found: Record<string, string> | undefined;
  for (const key of Object.keys(headers)) {
    if (isReserved(key)) continue;
    found ??= Object.create(null) as Record<string, string>;
    found[key] = fromHeaderText(headers[key] ?? '');
  }
  return found ?? noMetadata;
}

/**
 * Reads the headers of a request of go-micro, of curl or of {@link callHeaders}.
 * @param headers with names in lower case.
 * @throws MicroError `invalid_argument` if a number is none, `deadline_exceeded` if the time is up;
 * both are refused.
 */
export function readCallHeaders(headers: Metadata): CallHeaders {
  const attempt = headers['micro-attempt'];
  return {
    service: fromHeaderText(headers['micro-service'] ?? headers['x-micro-service'] ?? ''),
    endpoint: fromHeaderText(
      headers['micro-endpoint'] ??
        headers['micro-method'] ??
        headers['x-micro-endpoint'] ??
        headers['x-micro-method'] ??
        '',
    ),
    contentType: contentTypeOf(headers['content-type']),
    metadata: readMetadata(headers),
    timeout: readTimeout(headers['timeout']),
    attempt: attempt === undefined ? 1 : readAttempt(attempt),
  };
}

function readTimeout(text: string | undefined): number {
  if (text === undefined) return Infinity;
  const nanoseconds = text.startsWith('-') ? -wholeNumber(text.slice(1)) : wholeNumber(text);
  if (Number.isNaN(nanoseconds)) throw refuse('invalid_argument', 'Timeout is no whole number');
  if (nanoseconds <= 0) throw refuse('deadline_exceeded', 'the call arrived too late');
  return nanoseconds / 1e6;
}

function readAttempt(text: string): number {
  const attempt = wholeNumber(text);
  if (attempt >= 1) return Math.min(attempt, maxAttempt);
  throw refuse('invalid_argument', 'Micro-Attempt is no number above 0');
}

const refuse = (code: 'invalid_argument' | 'deadline_exceeded', message: string): MicroError =>
  new MicroError(code, message, { refused: true });

/** The number that up to 20 digits say; `NaN` for everything else. */
function wholeNumber(text: string): number {
  if (text.length === 0 || text.length > 20) return NaN;
  let number = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return NaN;
    number = number * 10 + digit;
  }
  return number;
}

/** The characters of a header name (RFC 9110, token), by their codes. */
const nameCharacters = new Uint8Array(128);
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  nameCharacters[char.charCodeAt(0)] = 1;
}

function isName(key: string): boolean {
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    if (code > 127 || nameCharacters[code] === 0) return false;
  }
  return key.length > 0;
}
