import { MicroError } from '@micro-ts/interface';

/** An address to listen at or to connect to. */
export interface Address {
  /** Empty if the text begins with the port; IPv6 without brackets. */
  readonly host: string;
  /** 0 if there is none. */
  readonly port: number;
  /** The same as `port`, or the end of a range. */
  readonly lastPort: number;
}

/**
 * Reads `host:8080`, `:8080`, `8080`, `host`, `[::1]:8080`, `::1` and ranges like `host:8000-8100`.
 * @throws MicroError `invalid_argument` for everything else.
 */
export function parseAddress(text: string): Address {
  const [host, ports] = split(text);
  if (ports === '') return { host, port: 0, lastPort: 0 };
  const [first = '', last = first, ...more] = ports.split('-');
  const port = portOf(first);
  const lastPort = portOf(last);
  if (more.length > 0 || Number.isNaN(port) || !(lastPort >= port)) throw invalid(text);
  return { host, port, lastPort };
}

function split(text: string): readonly [host: string, ports: string] {
  if (text.length > 300 || /[\s/]/.test(text)) throw invalid(text);
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    const rest = text.slice(end + 1);
    if (end < 2 || (rest !== '' && !/^:[^:]/.test(rest))) throw invalid(text);
    return [text.slice(1, end), rest.slice(1)];
  }
  const colon = text.lastIndexOf(':');
  if (colon === -1) return /^\d+$/.test(text) ? ['', text] : [text, ''];
  if (text.indexOf(':') !== colon) return [text, '']; // IPv6 without brackets has no port
  const ports = text.slice(colon + 1);
  if (ports === '') throw invalid(text);
  return [text.slice(0, colon), ports];
}

const portOf = (text: string): number => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  return port <= 65_535 ? port : NaN;
};

const invalid = (text: string): MicroError =>
  new MicroError('invalid_argument', `not an address: ${JSON.stringify(text.slice(0, 100))}`);

/** `host:port`, with brackets round IPv6. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The address of one end of a socket: IPv4 as such, where the socket has it within IPv6. */
export function plainAddress(text: string): string {
  return text.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** True for what means every interface of this machine: nothing, `0.0.0.0` and `::`. */
export function isUnspecified(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::' || host === '0:0:0:0:0:0:0:0';
}

/** True for hosts that only this machine can reach. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  if (name === '::1' || name === '0:0:0:0:0:0:0:1') return true;
  return /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(name);
}
