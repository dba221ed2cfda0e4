import { isUtf8 } from 'node:buffer';
import { refusal } from '@micro-ts/edge';
import { contentTypeOf } from '@micro-ts/wire';
import { Raw } from 'micro-ts';
import { jsonText } from './json-text.ts';

const json = 'application/json';

/**
 * What a client publishes. It is of the content type that its request says, a socket in its
 * handshake. Where that says nothing, or as little as curl does, it is JSON if it reads as such, else
 * text if it is UTF-8, else bytes.
 * @param given the header; of a socket, for all of its frames
 * @throws MicroError `invalid_argument` for what is said to be JSON and is none: nobody could read it;
 * no bytes at all are `{}` to who reads them
 */
export function publishedEvent(given: string | undefined, bytes: Uint8Array): Raw {
  const type = contentTypeOf(given);
  if (type === json && bytes.length > 0 && jsonText(bytes) === undefined)
    throw refusal('invalid_argument', 'the event is not JSON, which its content type says');
  if (type !== '' && type !== 'application/x-www-form-urlencoded') return new Raw(type, bytes);
  return new Raw(guessedType(bytes), bytes);
}

function guessedType(bytes: Uint8Array): string {
  if (jsonText(bytes) !== undefined) return json;
  return isUtf8(bytes) ? 'text/plain' : 'application/octet-stream';
}
