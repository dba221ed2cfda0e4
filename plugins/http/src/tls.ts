import type { ConnectionOptions, TlsOptions } from 'node:tls';
import { readPem } from '@micro-ts/tls';
import type { HttpSettings } from './options.ts';

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
export function readTls(options: HttpSettings['tls']): TlsSettings {
  if (options === undefined) return { server: undefined, client: {}, preferred: false };
  const shared = readPem(options, 'http');
  return {
    server:
      shared.cert === undefined
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
