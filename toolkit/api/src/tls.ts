import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Server as PlainServer } from 'node:http';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { ServerTls } from '@micro-ts/edge';
import { ConfigError } from 'micro-ts';
import type { Logger } from 'micro-ts';
import { openCertificates } from './acme/index.ts';
import type { ApiSettings } from './options.ts';

/** How often files are looked at for a change, in ms. */
const lookEvery = 2_000;

type Files = Pick<ApiSettings, 'cert' | 'key' | 'clientCa'>;

/** Certificates for a server. */
export interface Tls {
  readonly options: ServerTls;
  /** Keeps those of the server as they should be. */
  follow(server: PlainServer): void;
  close(): Promise<void>;
}

/**
 * The certificates that the options ask for: of files, or by ACME; `undefined` for plain HTTP.
 * @throws ConfigError for what cannot work
 */
export async function openTls(settings: ApiSettings, logger: Logger): Promise<Tls | undefined> {
  const options = readTls(settings);
  const { acme } = settings;
  if (acme === undefined) return options && ofFiles(settings, options, logger);
  if (options !== undefined)
    throw new ConfigError('toolkit.api.acme', 'gets the certificates that cert has', 'Take one.');
  const { SNICallback, close } = await openCertificates(acme, logger);
  return { options: { SNICallback }, follow: () => undefined, close };
}

function ofFiles(files: Files, options: ServerTls, logger: Logger): Tls {
  let unfollow: (() => void) | undefined;
  return {
    options,
    follow: (server) => {
      const problem = (error: unknown): void =>
        logger.error('The certificate cannot be changed', { error });
      unfollow = followFiles(server as unknown as Server, files, problem);
    },
    close: async () => unfollow?.(),
  };
}

/**
 * The certificate and key of the files; `undefined` if there are none.
 * @throws ConfigError if one is missing, cannot be read or does not fit the other
 */
function readTls({ cert, key, clientCa }: Files): ServerTls | undefined {
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
function followFiles(
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
