import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigError } from '@micro-ts/interface';
import type { ClientTls } from './options.ts';

/** Certificates, as PEM text or as paths of files. */
type Pem = Partial<Record<'ca' | 'cert' | 'key', string | undefined>>;

/** What Node needs to dial a server by TLS; drivers hand it on as it is. */
export interface TlsSettings {
  /** PEM texts. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
}

/**
 * What Node needs to dial a server by TLS, with the files read.
 * @param plugin whose option it is: `etcd`.
 * @param variables of the environment, for what was taken from there: `{ ca: 'CONSUL_CACERT' }`. They
 * are named in errors instead of the options.
 * @returns `undefined` if the options ask for no TLS
 * @throws ConfigError if a file cannot be read, or if what is in it does not fit together
 */
export function readClientTls(
  options: ClientTls | undefined,
  plugin: string,
  variables: Pem = {},
): TlsSettings | undefined {
  if (options === undefined) return undefined;
  const { servername, insecure } = options;
  return {
    ...readPem(options, plugin, variables),
    rejectUnauthorized: !insecure,
    ...(servername === undefined ? {} : { servername }),
  };
}

/**
 * The texts of certificates and keys, each of which may be the path of a file; without those that are
 * not given.
 * @param variables as {@link readClientTls} has them.
 * @throws ConfigError if a file cannot be read, or if what is in it does not fit together
 */
export function readPem(
  pem: Pem,
  plugin: string,
  variables: Pem = {},
): Pick<TlsSettings, 'ca' | 'cert' | 'key'> {
  const names = ['ca', 'cert', 'key'] as const;
  const nameOf = (name: keyof Pem): string => variables[name] ?? `${plugin}.tls.${name}`;
  const texts: Partial<Record<keyof Pem, string>> = Object.fromEntries(
    names.flatMap((name) => {
      const given = pem[name];
      return given === undefined ? [] : [[name, read(nameOf(name), given, name === 'key')]];
    }),
  );
  const { ca, ...own } = texts;
  if (ca !== undefined) {
    // Node takes any text, and then trusts nobody.
    check(nameOf('ca'), 'holds no certificate', () => new X509Certificate(ca));
  }
  const both = variables.cert ?? `${plugin}.tls`;
  check(both, 'certificate and key cannot be used', () => createSecureContext(own));
  return texts;
}

function read(key: string, given: string, secret: boolean): string {
  if (given.includes('-----BEGIN ')) return given;
  try {
    return readFileSync(given, 'utf8');
  } catch (cause) {
    const fix = 'Give the path of a PEM file, or its text.';
    // What is no path may be the key itself, in another form.
    const { code = 'no path', message } = cause as NodeJS.ErrnoException;
    throw new ConfigError(key, `cannot be read: ${secret ? code : message}`, fix);
  }
}

function check(key: string, problem: string, use: () => unknown): void {
  try {
    use();
  } catch (cause) {
    throw new ConfigError(key, `${problem}: ${(cause as Error).message}`);
  }
}
