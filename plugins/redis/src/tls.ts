import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { ConfigError } from '@micro-ts/interface';
import type { RedisOptions } from './options.ts';

/**
 * Reads certificates and keys, where they are given as paths.
 * @returns `undefined` if the options ask for no TLS
 * @throws ConfigError if a file cannot be read, or if what is in it does not fit together
 */
export function readTls(options: RedisOptions['tls']): ConnectionOptions | undefined {
  if (options === undefined) return undefined;
  const { servername, insecure } = options;
  const given = (['ca', 'cert', 'key'] as const).flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [[name, read(name, value)] as const];
  });
  const texts = Object.fromEntries(given);
  try {
    createSecureContext(texts);
  } catch (cause) {
    throw new ConfigError('redis.tls', `certificate and key cannot be used: ${textOf(cause)}`);
  }
  const names = servername === undefined ? {} : { servername };
  return { ...texts, ...names, rejectUnauthorized: !insecure };
}

function read(name: string, given: string): string {
  if (given.includes('-----BEGIN ')) return given;
  try {
    return readFileSync(given, 'utf8');
  } catch (cause) {
    const fix = 'Give the path of a PEM file, or its text.';
    throw new ConfigError(`redis.tls.${name}`, `cannot be read: ${textOf(cause)}`, fix);
  }
}

const textOf = (cause: unknown): string => (cause as Partial<Error>).message ?? String(cause);
