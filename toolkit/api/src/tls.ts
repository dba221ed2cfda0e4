import { openTlsFiles } from '@micro-ts/edge';
import type { Tls } from '@micro-ts/edge';
import { ConfigError } from 'micro-ts';
import type { Logger } from 'micro-ts';
import { openCertificates } from './acme/index.ts';
import type { ApiSettings } from './options.ts';

/**
 * The certificates that the options ask for: of files, or by ACME; `undefined` for plain HTTP.
 * @throws ConfigError for what cannot work
 */
export async function openTls(settings: ApiSettings, logger: Logger): Promise<Tls | undefined> {
  const files = openTlsFiles(settings, 'toolkit.api', logger);
  const { acme } = settings;
  if (acme === undefined) return files;
  if (files !== undefined)
    throw new ConfigError('toolkit.api.acme', 'gets the certificates that cert has', 'Take one.');
  const { SNICallback, close } = await openCertificates(acme, logger);
  return { options: { SNICallback }, follow: () => undefined, close };
}
