import { ConfigError } from '@micro-ts/interface';
import type { NatsOptions } from './options.ts';

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
export function readServers(given: NatsOptions['servers']): Servers {
  const urls = (typeof given === 'string' ? [given] : given).map(parse);
  const known = urls.find(({ username }) => username !== '');
  return {
    hosts: urls.map(({ hostname, port }) => `${hostname}:${port || '4222'}`),
    tls: urls.some(({ href }) => href.startsWith('tls:')),
    ...(known === undefined ? {} : credentialsOf(known)),
  };
}

function credentialsOf({ username, password }: URL): Partial<Servers> {
  const [user, secret] = [decodeURIComponent(username), decodeURIComponent(password)];
  return secret === '' ? { token: user } : { username: user, password: secret };
}

function parse(server: string): URL {
  const url = server.includes('://') ? server : `nats://${server}`;
  try {
    const parsed = new URL(url);
    if (parsed.hostname !== '') return parsed;
  } catch {
    // The text may hold a password, so the error does not repeat it.
  }
  throw new ConfigError(
    'nats.servers',
    'one is not nats://host:port, tls://host:port or host:port',
  );
}
