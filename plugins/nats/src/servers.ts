import { ConfigError } from '@micro-ts/interface';
import type { NatsSettings } from './options.ts';

/** Where the servers are, without a secret, and what stood before the host of one of them. */
export interface Servers {
  /** `host:port` of each, as error texts name them. */
  readonly hosts: readonly string[];
  /** At least one demands TLS: `tls://`. */
  readonly tls: boolean;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** A user without a password is a token. */
  readonly token?: string | undefined;
}

/**
 * Takes the servers apart; the driver drops what stands before the host.
 * @throws ConfigError if one is no address
 */
export function readServers(given: NatsSettings['servers']): Servers {
  const urls = (typeof given === 'string' ? [given] : given).map(parse);
  const known = urls.find(({ username }) => username !== '');
  return {
    hosts: urls.map(({ hostname, port }) => `${hostname}:${port || '4222'}`),
    tls: urls.some(({ href }) => href.startsWith('tls:')),
    ...(known === undefined ? {} : credentialsOf(known)),
  };
}

function credentialsOf({ username, password }: URL): Partial<Servers> {
  const [user, secret] = [decoded(username), decoded(password)];
  return secret === '' ? { token: user } : { username: user, password: secret };
}

// The text may hold a password, so no error repeats it.

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    const fix = 'Write a % of a password as %25.';
    throw new ConfigError('nats.servers', 'what stands before a host cannot be read', fix);
  }
}

function parse(server: string): URL {
  const text = server.includes('://') ? server : `nats://${server}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && isPlace(url)) return url;
  const several = /,[^@]*$|,\w+:\/\//.test(server);
  const problem = several ? 'one text names several' : `one is not ${forms}`;
  const fix = several ? "Give a list: ['nats://host-1', 'nats://host-2']." : undefined;
  throw new ConfigError('nats.servers', problem, fix);
}

const forms = 'nats://host:port, tls://host:port or host:port';

const isPlace = ({ protocol, hostname, port, pathname, search, hash }: URL): boolean =>
  /^(nats|tls):$/.test(protocol) &&
  /^[^\s,%]+$/.test(hostname) &&
  port !== '0' &&
  /^\/?$/.test(pathname) &&
  search + hash === '';
