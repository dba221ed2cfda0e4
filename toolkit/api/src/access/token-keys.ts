import { createPublicKey } from 'node:crypto';
import { ConfigError } from 'micro-ts';
import { createLocalJWKSet } from 'jose';
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import type { JwtOptions } from './options.ts';
import { fetchedKeys } from './fetched-keys.ts';
import { readSecret, readText } from './read-secret.ts';

const shared = ['HS256', 'HS384', 'HS512'];
const publicOnes = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
const usual = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/** By what tokens are checked. */
export interface TokenKeys {
  readonly find: JWTVerifyGetKey;
  /** No other signature is looked at. A shared secret and public keys never go together. */
  readonly algorithms: readonly string[];
}

/**
 * Reads the keys of tokens, or makes ready to fetch them.
 * @throws ConfigError if they cannot be read, are too short, or do not go with the algorithms
 */
export function readTokenKeys(options: JwtOptions, key: string): TokenKeys {
  const { secret, keys, jwksUrl } = options;
  if ([secret, keys, jwksUrl].filter((each) => each !== undefined).length !== 1)
    throw new ConfigError(key, 'needs exactly one of secret, keys and jwksUrl');
  const possible = secret === undefined ? publicOnes : shared;
  const algorithms = options.algorithms ?? (secret === undefined ? usual : ['HS256']);
  const wrong = algorithms.find((name) => !possible.includes(name));
  if (wrong !== undefined || algorithms.length === 0)
    throw new ConfigError(
      `${key}.algorithms`,
      wrong === undefined ? 'is empty' : `${wrong} does not go with these keys`,
      `Possible are ${possible.join(', ')}.`,
    );
  if (secret !== undefined) {
    // As long as the hash, as RFC 7518 asks.
    const bytes = Number(algorithms.at(-1)?.slice(2)) / 8;
    const value = new TextEncoder().encode(readSecret(secret, `${key}.secret`, bytes));
    return { find: async () => value, algorithms };
  }
  const find =
    keys === undefined
      ? fetchedKeys(new URL(jwksUrl ?? ''), options, key)
      : local(keys, `${key}.keys`);
  return { find, algorithms };
}

function local(keys: string, key: string): JWTVerifyGetKey {
  const given = keys.trimStart();
  const text = /^(\{|-----BEGIN )/.test(given) ? given : readText(keys, key).trimStart();
  try {
    if (text.startsWith('{')) return createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
    const one = createPublicKey(text);
    return async () => one;
  } catch {
    throw new ConfigError(key, 'is neither a JWKS nor a public key in PEM');
  }
}
