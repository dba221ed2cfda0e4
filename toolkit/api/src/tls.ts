import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { ConfigError } from 'micro-ts';
import type { ApiSettings } from './options.ts';

/** What a server of HTTPS is made with. */
export type ServerTls = SecureContextOptions & Pick<TlsOptions, 'requestCert' | 'SNICallback'>;

/** How often files are looked at for a change, in ms. */
const lookEvery = 2_000;

type Files = Pick<ApiSettings, 'cert' | 'key' | 'clientCa'>;

/**
 * The certificate and key of the options; `undefined` if there are none.
 * @throws ConfigError if one is missing, cannot be read or does not fit the other
 */
export function readTls({ cert, key, clientCa }: Files): ServerTls | undefined {
  if (cert === undefined && key === undefined && clientCa === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    const missing = cert === undefined ? 'cert' : 'key';
    const problem = 'is missing: a certificate is no use without its key';
    throw new ConfigError(`toolkit.api.${missing}`, problem);
  }
  const tls: ServerTls = {
    cert: read('cert', cert),
    key: read('key', key),
    ...(clientCa !== undefined && { ca: read('clientCa', clientCa), requestCert: true }),
  };
  try {
    createSecureContext(tls);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    throw new ConfigError('toolkit.api.cert', `is no certificate with its key: ${why}`);
  }
  return tls;
}

/**
 * Has new connections use the files as they are now, whenever they change and on SIGHUP. Files that
 * do not fit each other are told of and not used: the second of them is probably on its way.
 * @returns what ends it
 */
export function followTls(
  server: Pick<Server, 'setSecureContext'>,
  files: Files,
  problem: (error: unknown) => void,
): () => void {
  const reload = (): void => {
    try {
      server.setSecureContext(readTls(files) ?? {});
    } catch (error) {
      problem(error);
    }
  };
  const paths = [files.cert, files.key, files.clientCa].filter((path) => path !== undefined);
  for (const path of paths) watchFile(path, { interval: lookEvery, persistent: false }, reload);
  process.on('SIGHUP', reload);
  return () => {
    for (const path of paths) unwatchFile(path, reload);
    process.off('SIGHUP', reload);
  };
}

function read(key: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new ConfigError(`toolkit.api.${key}`, `the file ${path} cannot be read: ${code}`);
  }
}
