import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigError } from '@micro-ts/interface';
import type { IOptions } from 'etcd3';
import type { EtcdOptions } from './options.ts';

type Credentials = NonNullable<IOptions['credentials']>;

/**
 * Reads certificates and keys, where they are given as paths.
 * @throws ConfigError if a file cannot be read, or if what is in it does not fit together
 */
export function readTls(tls: EtcdOptions['tls']): Credentials | undefined {
  if (tls === undefined) return undefined;
  const ca = read('ca', tls.ca);
  const cert = read('cert', tls.cert);
  const key = read('key', tls.key);
  try {
    createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    });
  } catch (cause) {
    throw new ConfigError('etcd.tls', `certificate and key cannot be used: ${textOf(cause)}`);
  }
  if (cert === undefined || key === undefined) return { rootCertificate: ca as Buffer };
  // Without authorities of its own, the driver takes those of Node.
  return { rootCertificate: ca as Buffer, certChain: cert, privateKey: key };
}

function read(name: string, given: string | undefined): Buffer | undefined {
  if (given === undefined) return undefined;
  if (given.includes('-----BEGIN ')) return Buffer.from(given);
  try {
    return readFileSync(given);
  } catch (cause) {
    const fix = 'Give the path of a PEM file, or its text.';
    throw new ConfigError(`etcd.tls.${name}`, `cannot be read: ${textOf(cause)}`, fix);
  }
}

const textOf = (cause: unknown): string => (cause as Partial<Error>).message ?? String(cause);
