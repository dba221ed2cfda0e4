import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Server as PlainServer } from 'node:http';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { ConfigError } from 'micro-ts';
import type { Logger } from 'micro-ts';

/** Certificates for a server. */
export interface Tls {
  /** What it is made with. */
  readonly options: SecureContextOptions & Pick<TlsOptions, 'requestCert' | 'SNICallback'>;
  /** Keeps those of the server as they should be. */
  follow(server: PlainServer): void;
  /** Twice is fine. */
  close(): Promise<void>;
}

/** Paths of PEM files, as options have them. */
export interface TlsFiles {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Who signs certificates of clients; they need one then. */
  readonly clientCa?: string | undefined;
}

/** How often files are looked at for a change, in ms. */
const lookEvery = 2_000;

/**
 * The certificate of files; `undefined` if none is named. They are read again when they change, and on
 * SIGHUP. Files that do not fit each other are told of and not used: the second of them is probably
 * on its way.
 * @param key of the options, for errors: `toolkit.api`
 * @throws ConfigError if a file is missing, cannot be read or does not fit the others
 */
export function openTlsFiles(files: TlsFiles, key: string, logger: Logger): Tls | undefined {
  const options = readFiles(files, key);
  if (options === undefined) return undefined;
  let unfollow: (() => void) | undefined;
  return {
    options,
    follow: (server) => {
      unfollow = onChange(files, () => {
        try {
          (server as unknown as Server).setSecureContext(readFiles(files, key) ?? {});
        } catch (error) {
          logger.error('The certificate cannot be changed', { error });
        }
      });
    },
    close: async () => unfollow?.(),
  };
}

function readFiles({ cert, key, clientCa }: TlsFiles, option: string): Tls['options'] | undefined {
  if (cert === undefined && key === undefined && clientCa === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    const missing = cert === undefined ? 'cert' : 'key';
    const problem = 'is missing: a certificate is no use without its key';
    throw new ConfigError(`${option}.${missing}`, problem);
  }
  const options: Tls['options'] = {
    cert: read(`${option}.cert`, cert),
    key: read(`${option}.key`, key),
    ...(clientCa !== undefined && { ca: read(`${option}.clientCa`, clientCa), requestCert: true }),
  };
  try {
    createSecureContext(options);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    throw new ConfigError(`${option}.cert`, `is no certificate with its key: ${why}`);
  }
  return options;
}

/** @returns what ends it */
function onChange(files: TlsFiles, reload: () => void): () => void {
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
    throw new ConfigError(key, `the file ${path} cannot be read: ${code}`);
  }
}
