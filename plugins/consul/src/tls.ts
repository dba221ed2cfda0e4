import { ConfigError } from '@micro-ts/interface';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { ConsulOptions } from './options.ts';

/** What Node takes of them. */
export interface Credentials {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

/**
 * Reads certificates and keys, where they are given as paths.
 * @throws ConfigError if a file cannot be read, or if what is in it does not fit together
 */
export function readTls(tls: ConsulOptions['tls']): Credentials {
  if (tls === undefined) return {};
  const [ca, cert, key] = [read('ca', tls.ca), read('cert', tls.cert), read('key', tls.key)];
  const own = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  try {
    createSecureContext(own);
  } catch (cause) {
    throw new ConfigError('consul.tls', `certificate and key cannot be used: ${textOf(cause)}`);
  }
  return { ...own, ...(tls.servername === undefined ? {} : { servername: tls.servername }) };
}

function read(name: string, given: string | undefined): string | undefined {
  if (given === undefined || given.includes('-----BEGIN ')) return given;
  try {
    return readFileSync(given, 'utf8');
  } catch (cause) {
    const fix = 'Give the path of a PEM file, or its text.';
    throw new ConfigError(`consul.tls.${name}`, `cannot be read: ${textOf(cause)}`, fix);
  }
}

const textOf = (cause: unknown): string => (cause as Partial<Error>).message ?? String(cause);
