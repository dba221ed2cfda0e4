import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import { ConfigError } from '@micro-ts/interface';
import type { HttpOptions } from './options.ts';

/** What TLS needs on either side, read and checked. */
export interface TlsSettings {
  /**
   * For listeners; `undefined` if there is no certificate, and they speak plain HTTP. Where TLS is
   * mutual it only asks for a certificate: Node would hang up without a word, the host says why.
   */
  readonly server: TlsOptions | undefined;
  readonly client: ConnectionOptions;
  /** Whether an address that says nothing of itself is called by TLS. */
  readonly preferred: boolean;
}

/**
 * Reads certificates and keys, where they are given as paths.
 * @throws ConfigError if a file cannot be read, or if what is in it does not fit together
 */
export function readTls(options: HttpOptions['tls']): TlsSettings {
  if (options === undefined) return { server: undefined, client: {}, preferred: false };
  const cert = read('cert', options.cert);
  const key = read('key', options.key);
  const ca = read('ca', options.ca);
  const shared = {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(ca === undefined ? {} : { ca }),
  };
  try {
    createSecureContext(shared);
  } catch (cause) {
    throw new ConfigError('http.tls', `certificate and key cannot be used: ${textOf(cause)}`);
  }
  return {
    server:
      cert === undefined
        ? undefined
        : { ...shared, requestCert: options.mutual, rejectUnauthorized: false },
    client: {
      ...shared,
      rejectUnauthorized: !options.insecure,
      ...(options.servername === undefined ? {} : { servername: options.servername }),
    },
    preferred: true,
  };
}

function read(name: string, given: string | undefined): string | undefined {
  if (given === undefined || given.includes('-----BEGIN ')) return given;
  try {
    return readFileSync(given, 'utf8');
  } catch (cause) {
    const fix = 'Give the path of a PEM file, or its text.';
    throw new ConfigError(`http.tls.${name}`, `cannot be read: ${textOf(cause)}`, fix);
  }
}

const textOf = (cause: unknown): string => (cause as Partial<Error>).message ?? String(cause);
