import type { Target } from '@micro-ts/interface';
import { formatAddress, parseAddress } from '@micro-ts/wire';

/** Where a node answers, and what is known of it before it is asked. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** `host:port`, with brackets round IPv6. */
  readonly address: string;
  readonly secure: boolean;
  /** `yes` and `no` if its record tells; `ask` for addresses that were given by hand. */
  readonly frames: 'yes' | 'no' | 'ask';
  /** Which listener must answer there: the port may be another's by now. */
  readonly instance: string | undefined;
}

/**
 * Reads a node's address and metadata. Addresses that were given by hand have no metadata, and may
 * begin with `http://` or `https://`.
 * @throws MicroError `invalid_argument` if it is no address
 */
export function placeOf({ address, metadata }: Target, preferTls: boolean): Place {
  const byHand = metadata['transport'] === undefined;
  const [, scheme, rest = address] = /^(https?):\/\/([^/]*)\/?$/.exec(address) ?? [];
  const { host, port } = parseAddress(rest);
  const known = scheme === undefined ? byHand && preferTls : scheme === 'https';
  const secure = metadata['secure'] === undefined ? known : metadata['secure'] === 'true';
  const usual = secure ? 443 : 80;
  const where = { host: host === '' ? '127.0.0.1' : host, port: port === 0 ? usual : port };
  return {
    ...where,
    address: formatAddress(where.host, where.port),
    secure,
    frames: metadata['frames'] === '1' ? 'yes' : byHand ? 'ask' : 'no',
    instance: metadata['instance'],
  };
}
