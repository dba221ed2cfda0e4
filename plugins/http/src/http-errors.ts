import { MicroError } from '@micro-ts/interface';
import { codeOfNumber, decodeError } from '@micro-ts/wire';

/**
 * What a call gets whose HTTP request failed without an answer.
 * @param sent some of it may have been read by the other side, so that it must not blindly be repeated
 */
export function requestError(cause: Error, sent: boolean, address: string): MicroError {
  if (cause instanceof MicroError) return cause;
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  // TLS 1.3 tells a client only after its first bytes that its certificate is not wanted.
  const unread = !sent || code.startsWith('ERR_SSL_');
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new MicroError('resource_exhausted', `${address} sent too large headers`, { cause });
  }
  const text = `${address}: ${cause.message}`;
  return new MicroError('unavailable', text, { refused: unread, cause });
}

/** Longest text of a foreign answer that is shown, in bytes. */
const shown = 1_024;

/** What a call gets that was answered by something that does not speak go-micro, such as a proxy. */
export function foreignError(status: number, text: string, body: Uint8Array): MicroError {
  const said = Buffer.from(body.subarray(0, shown)).toString('utf8').trim();
  if (said.startsWith('{')) {
    const error = decodeError(said);
    if (error.code !== 'unknown') return error;
  }
  return new MicroError(codeOfNumber(status), `${status} ${text}: ${said}`);
}
