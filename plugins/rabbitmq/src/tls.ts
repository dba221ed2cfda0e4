import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { ConfigError } from '@micro-ts/interface';
import type { RabbitmqOptions } from './options.ts';

/**
 * What TLS needs, read and checked.
 * @throws ConfigError if a file cannot be read, or if what is in it does not fit together
 */
export function readTls(options: RabbitmqOptions['tls']): ConnectionOptions {
  if (options === undefined) return {};
  const texts = {
    ...read('ca', options.ca),
    ...read('cert', options.cert),
    ...read('key', options.key),
  };
  try {
    createSecureContext(texts);
  } catch (cause) {
    throw new ConfigError('rabbitmq.tls', `certificate and key cannot be used: ${textOf(cause)}`);
  }
  const { servername, insecure } = options;
  return {
    ...texts,
    rejectUnauthorized: !insecure,
    ...(servername === undefined ? {} : { servername }),
  };
}

function read(name: 'ca' | 'cert' | 'key', given: string | undefined): ConnectionOptions {
  if (given === undefined) return {};
  if (given.includes('-----BEGIN ')) return { [name]: given };
  try {
    return { [name]: readFileSync(given, 'utf8') };
  } catch (cause) {
    const fix = 'Give the path of a PEM file, or its text.';
    throw new ConfigError(`rabbitmq.tls.${name}`, `cannot be read: ${textOf(cause)}`, fix);
  }
}

const textOf = (cause: unknown): string => (cause as Partial<Error>).message ?? String(cause);
