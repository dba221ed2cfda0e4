import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { ConfigError } from '@micro-ts/interface';
import type { ClientTls } from './options.ts';

/** Certificates, as PEM text or as paths of files. */
type Pem = Partial<Record<'ca' | 'cert' | 'key', string | undefined>>;

/**
 * What Node needs to dial a server by TLS, with the files read.
 * @param plugin whose option it is: `etcd`.
 * @returns `undefined` if the options ask for no TLS
 * @throws ConfigError if a file cannot be read, or if what is in it does not fit together
 */
export function readClientTls(
  options: ClientTls | undefined,
  plugin: string,
): ConnectionOptions | undefined {
  if (options === undefined) return undefined;
  const { servername, insecure } = options;
  return {
    ...readPem(options, plugin),
    rejectUnauthorized: !insecure,
    ...(servername === undefined ? {} : { servername }),
  };
}

/**
 * The texts of certificates and keys, each of which may be the path of a file; without those that are
 * not given.
 * @throws ConfigError if a file cannot be read, or if what is in it does not fit together
 */
export function readPem(pem: Pem, plugin: string): Partial<Record<'ca' | 'cert' | 'key', string>> {
  const names = ['ca', 'cert', 'key'] as const;
  const texts = Object.fromEntries(
    names.flatMap((name) => {
      const given = pem[name];
      return given === undefined ? [] : [[name, read(`${plugin}.tls.${name}`, given)]];
    }),
  );
  try {
    createSecureContext(texts);
  } catch (cause) {
    throw new ConfigError(`${plugin}.tls`, `certificate and key cannot be used: ${textOf(cause)}`);
  }
  return texts;
}

function read(key: string, given: string): string {
  if (given.includes('-----BEGIN ')) return given;
  try {
    return readFileSync(given, 'utf8');
  } catch (cause) {
    const fix = 'Give the path of a PEM file, or its text.';
    throw new ConfigError(key, `cannot be read: ${textOf(cause)}`, fix);
  }
}

const textOf = (cause: unknown): string => (cause as Partial<Error>).message ?? String(cause);
