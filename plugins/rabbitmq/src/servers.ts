import { ConfigError } from '@micro-ts/interface';
import { formatAddress } from '@micro-ts/wire';
import { parseServer } from './address.ts';
import type { RabbitmqSettings } from './options.ts';

/** A server and who we are there. Its password never leaves it but for the server. */
export interface Server {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
}

/**
 * The servers of the options, in the order in which they are tried.
 * @throws ConfigError if TLS is asked for and an address says that there is none, or some have it and
 * others not
 */
export function serversOf(options: RabbitmqSettings): readonly Server[] {
  const { address = '127.0.0.1', tls } = options;
  const scheme = tls === undefined ? 'amqp' : 'amqps';
  const addresses = typeof address === 'string' ? [address] : address;
  const servers = addresses.flatMap((each) => {
    const url = parseServer(each, scheme);
    if (tls !== undefined && url?.protocol === 'amqp:') {
      const fix = 'Write amqps://, or leave tls out.';
      throw new ConfigError('rabbitmq.address', 'begins with amqp://, and tls is given', fix);
    }
    return url === undefined ? [] : [serverOf(url, options)];
  });
  // Who stops the others would get the password, and read along.
  if (new Set(servers.map(({ secure }) => secure)).size < 2) return servers;
  const fix = 'Write amqps:// before each, or before none.';
  throw new ConfigError('rabbitmq.address', 'has servers with TLS and without', fix);
}

function serverOf(url: URL, { username, password, vhost }: RabbitmqSettings): Server {
  const secure = url.protocol.toLowerCase() === 'amqps:';
  const path = decodeURIComponent(url.pathname.slice(1));
  return {
    secure,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 5_671 : 5_672),
    username: username ?? (decodeURIComponent(url.username) || 'guest'),
    password: password ?? (decodeURIComponent(url.password) || 'guest'),
    vhost: vhost ?? (path || '/'),
  };
}

/** How texts name it. */
export const nameOf = ({ host, port }: Server): string => formatAddress(host, port);
