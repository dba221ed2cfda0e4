import { readFileSync } from 'node:fs';
import { ConfigError } from '@micro-ts/interface';
import type * as driver from '@nats-io/transport-node';
import type { NatsOptions } from './options.ts';
import type { Servers } from './servers.ts';

type Driver = typeof driver;
type Settings = driver.ConnectionOptions;

/** Who this process is, as the driver wants to know it, and the options that say so. */
export interface Credentials {
  readonly driver: Pick<Settings, 'user' | 'pass' | 'token' | 'authenticator'>;
  /** For error texts; `undefined` if there are none. */
  readonly option: string | undefined;
}

/**
 * Options win over what stands in the address.
 * @throws ConfigError if a file cannot be read, or is no seed
 */
export function readCredentials(
  options: NatsOptions,
  servers: Servers,
  { credsAuthenticator, nkeyAuthenticator }: Driver,
): Credentials {
  if (options.creds !== undefined) {
    const creds = Buffer.from(read('creds', options.creds, '-----BEGIN '));
    return { driver: { authenticator: credsAuthenticator(creds) }, option: 'nats.creds' };
  }
  if (options.nkey !== undefined) {
    const seed = Buffer.from(seedOf(options.nkey));
    return { driver: { authenticator: nkeyAuthenticator(seed) }, option: 'nats.nkey' };
  }
  const { username, password } = options.username === undefined ? servers : options;
  const token = options.token ?? (username === undefined ? servers.token : undefined);
  if (token !== undefined) {
    return {
      driver: { token },
      option: options.token ? 'nats.token' : 'the token in nats.servers',
    };
  }
  if (username === undefined) return { driver: {}, option: undefined };
  const option = options.username ? 'nats.username and nats.password' : 'the user in nats.servers';
  return { driver: { user: username, pass: password ?? '' }, option };
}

function seedOf(given: string): string {
  const seed = read('nkey', given, 'SU').trim();
  if (/^S[A-Z2-7]{40,}$/.test(seed)) return seed;
  throw new ConfigError('nats.nkey', 'is no seed of an nkey', 'A seed begins with SU.');
}

function read(name: string, given: string, mark: string): string {
  if (given.includes(mark)) return given;
  try {
    return readFileSync(given, 'utf8');
  } catch (cause) {
    const { code = 'unreadable' } = cause as NodeJS.ErrnoException; // the text has the option in it
    const fix = 'Give the path of a file, or its text.';
    throw new ConfigError(`nats.${name}`, `cannot be read: ${code}`, fix);
  }
}
