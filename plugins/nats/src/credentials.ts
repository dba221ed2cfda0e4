import { readFileSync } from 'node:fs';
import { ConfigError } from '@micro-ts/interface';
import type * as driver from '@nats-io/transport-node';
import type { NatsSettings } from './options.ts';
import type { Servers } from './servers.ts';
import { isUserSeed } from './user-seed.ts';

type Driver = typeof driver;
type Settings = driver.ConnectionOptions;

/** What stands between the lines with dashes of a `.creds` file: a JWT, then a seed. */
const blocks = /-{3,}BEGIN [^\n]*?-{3,}\s+([\w.=-]+?)\s+-{3,}END /g;

/** Who this process is, and the option that says so. */
export interface Credentials {
  /** For error texts; `undefined` if there are none. */
  readonly option: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  readonly jwt?: string | undefined;
  readonly seed?: string | undefined;
}

/**
 * Options win over what stands in the address.
 * @throws ConfigError if a file cannot be read, or is not what it should be
 */
export function readCredentials(options: NatsSettings, servers: Servers): Credentials {
  if (options.creds !== undefined) return readCreds(options.creds);
  if (options.nkey !== undefined) return readNkey(options.nkey);
  const { username, password } = options.username === undefined ? servers : options;
  const token = options.token ?? (username === undefined ? servers.token : undefined);
  if (token !== undefined) {
    return { token, option: options.token ? 'nats.token' : 'the token in nats.servers' };
  }
  if (username === undefined) return { option: undefined };
  const option = options.username ? 'nats.username and nats.password' : 'the user in nats.servers';
  return { username, password, option };
}

/** Credentials as the driver wants to know them. */
export function authOf(
  { username, password = '', token, jwt, seed }: Credentials,
  { jwtAuthenticator, nkeyAuthenticator }: Driver,
): Pick<Settings, 'user' | 'pass' | 'token' | 'authenticator'> {
  if (token !== undefined) return { token };
  if (username !== undefined) return { user: username, pass: password };
  if (seed === undefined) return {};
  const key = Buffer.from(seed);
  return {
    authenticator: jwt === undefined ? nkeyAuthenticator(key) : jwtAuthenticator(jwt, key),
  };
}

function readCreds(given: string): Credentials {
  const option = 'nats.creds';
  const text = read(option, given, '-----BEGIN ');
  const [jwt, seed = ''] = Array.from(text.matchAll(blocks), ([, block]) => block);
  if (jwt !== undefined && isUserSeed(seed)) return { jwt, seed, option };
  const fix = 'Take the whole file that `nsc generate creds` writes.';
  throw new ConfigError(option, 'is no text with a JWT and the seed of a user', fix);
}

function readNkey(given: string): Credentials {
  const option = 'nats.nkey';
  const seed = read(option, given, 'SU').trim();
  if (isUserSeed(seed)) return { seed, option };
  const fix =
    'A seed begins with SU and has 58 characters; one that is mistyped has a wrong checksum.';
  throw new ConfigError(option, "is no seed of a user's nkey", fix);
}

function read(option: string, given: string, mark: string): string {
  if (given.trimStart().startsWith(mark)) return given;
  try {
    return readFileSync(given, 'utf8');
  } catch (cause) {
    const { code = 'unreadable' } = cause as NodeJS.ErrnoException; // the text has the option in it
    throw new ConfigError(
      option,
      `cannot be read: ${code}`,
      'Give the path of a file, or its text.',
    );
  }
}
