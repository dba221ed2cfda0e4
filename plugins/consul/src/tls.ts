import { ConfigError } from '@micro-ts/interface';
import { readClientTls } from '@micro-ts/tls';
import type { ClientTls, TlsSettings } from '@micro-ts/tls';
import { flagFrom, textFrom } from './environment.ts';

/** Where Consul's own tools have certificates from. */
const variables = {
  ca: 'CONSUL_CACERT',
  cert: 'CONSUL_CLIENT_CERT',
  key: 'CONSUL_CLIENT_KEY',
} as const;

/**
 * TLS as the option has it, and as the environment does where the option is silent. Whether
 * certificates are checked is said by the environment only where there is no option.
 * @throws ConfigError if a file cannot be read, or if certificate and key do not fit together
 */
export function readTls(tls: ClientTls | undefined): TlsSettings | undefined {
  const ca = tls?.ca === undefined ? textFrom(variables.ca) : undefined;
  const own = tls?.cert === undefined ? ownCertificate() : undefined;
  const settings = {
    ...tls,
    ...(ca !== undefined && { ca }),
    ...own,
    servername: tls?.servername ?? textFrom('CONSUL_TLS_SERVER_NAME'),
    insecure: tls?.insecure ?? !flagFrom('CONSUL_HTTP_SSL_VERIFY', true),
  };
  const taken = {
    ...(ca !== undefined && { ca: variables.ca }),
    ...(own !== undefined && { cert: variables.cert, key: variables.key }),
  };
  return readClientTls(settings, 'consul', taken);
}

/** Both or none: a key of the environment belongs to no certificate of the options. */
function ownCertificate(): { readonly cert: string; readonly key: string } | undefined {
  const [cert, key] = [textFrom(variables.cert), textFrom(variables.key)];
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (cert === undefined && key === undefined) return undefined;
  const [missing, other] =
    cert === undefined ? [variables.cert, variables.key] : [variables.key, variables.cert];
  throw new ConfigError(
    missing,
    `is missing, and there is ${other}`,
    `Set ${missing}, or drop ${other}.`,
  );
}
