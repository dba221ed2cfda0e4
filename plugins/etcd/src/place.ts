import { formatAddress, parseAddress } from '@micro-ts/wire';

/** Where a member of the cluster is. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** For messages and drivers: `host:port`. */
  readonly name: string;
  /** As its address says; `undefined` if it does not. */
  readonly secure: boolean | undefined;
}

const form = /^(?:(?<scheme>https?):\/\/)?(?<address>[^/@\s?#]+)\/?$/;

/** Reads `host`, `host:2379`, `http://host:2379`, `https://host:2379`; `undefined` for all else. */
export function readPlace(text: string): Place | undefined {
  const { scheme, address } = form.exec(text)?.groups ?? {};
  if (address === undefined) return undefined;
  try {
    const read = parseAddress(address);
    if (read.lastPort > read.port) return undefined;
    const host = read.host || '127.0.0.1';
    const port = read.port || 2379;
    const secure = scheme === undefined ? undefined : scheme === 'https';
    return { host, port, name: formatAddress(host, port), secure };
  } catch {
    return undefined;
  }
}
