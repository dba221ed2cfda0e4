import { parseAddress } from '@micro-ts/wire';
import { MicroError } from 'micro-ts';
import { origin, shown } from './refusal.ts';
import { rpcRefusal } from './rpc-request.ts';

/**
 * Checks an address that a client names to call one node. What other transports than HTTP make up,
 * such as a subject of NATS, has no such form.
 * @throws MicroError `invalid_argument`
 */
export function checkAddress(address: string): void {
  const [, scheme, place = ''] = /^(https?:\/\/)?(.*?)\/?$/.exec(address) ?? [];
  try {
    const { port } = parseAddress(place);
    if (place.includes(':') && port > 0) return;
    if (scheme !== undefined && place !== '') return;
  } catch {
    // told below
  }
  throw rpcRefusal(`${JSON.stringify(shown(address))} is no address: write host:port`);
}

/** An error of a call to a named address, as its client may see it: it knows where it called. */
export function atAddress(error: unknown): unknown {
  if (!(error instanceof MicroError) || error.code !== 'unavailable') return error;
  if (error.origin !== undefined) return error;
  const { code, message, details, refused } = error;
  return new MicroError(code, message, { origin, details, refused, cause: error });
}
