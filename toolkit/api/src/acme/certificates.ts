import type { SecureContext } from 'node:tls';
import { ConfigError } from 'micro-ts';
import type { Logger } from 'micro-ts';
import { readText } from '../access/read-secret.ts';
import { CertificateStore } from './certificate-store.ts';
import { listenForChallenges } from './challenge-listener.ts';
import { HostCertificate, usualPace } from './host-certificate.ts';
import type { HostState, Pace } from './host-certificate.ts';
import { issue } from './issue.ts';
import type { AcmeOptions } from './options.ts';

/** Certificates that are kept valid by themselves. */
export interface Certificates {
  /** For a server of HTTPS: the certificate of the name that a client asks for. Others are refused. */
  readonly SNICallback: (
    name: string,
    done: (error: Error | null, context?: SecureContext) => void,
  ) => void;
  /** Port of the plain listener. */
  readonly port: number;
  /** How each host's certificate is. */
  states(): readonly HostState[];
  /** Asks for no more, and closes the plain listener. Twice is fine. */
  close(): Promise<void>;
}

/** How long a client waits for the first certificate of its host, in ms. */
const patience = 20_000;

/**
 * Opens the folder and the plain listener, and begins to get and renew certificates. It resolves
 * before they are there: clients of a host without one wait for it a little.
 * @param key path of the options, for errors
 * @param pace how long to wait after failures
 * @throws ConfigError for what cannot work. What an authority refuses is logged, with what to do, and
 *   tried again later and later
 */
export async function openCertificates(
  options: AcmeOptions,
  logger: Logger,
  key = 'toolkit.api.acme',
  pace: Pace = usualPace,
): Promise<Certificates> {
  if (!options.agree)
    throw new ConfigError(
      `${key}.agree`,
      `is not set, and ${new URL(options.directory).host} signs for nobody who has not agreed`,
      'Read its terms, at https://letsencrypt.org/repository for the usual one, and set agree: true.',
    );
  const ca = options.ca === undefined ? undefined : readPem(options.ca, `${key}.ca`);
  const store = new CertificateStore(options.folder, options.directory);
  await store.open().catch((error: unknown) => {
    const { code = 'failed' } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${key}.folder`, `${options.folder} cannot be written: ${code}`);
  });
  const { address, redirectPort } = options;
  const names = [...new Set(options.hosts)];
  const { readAnswer } = store;
  const parts = { address, redirectPort, hosts: new Set(names), readAnswer };
  const listener = await listenForChallenges(parts, `${key}.address`);
  const hosts = new Map(
    names.map((host) => {
      const ask = (signal: AbortSignal) => issue(host, { options, ca, store, signal });
      return [host, new HostCertificate({ host, store, issue: ask, logger, pace })];
    }),
  );
  const close = async (): Promise<void> => {
    await Promise.all([...hosts.values()].map((each) => each.close()));
    await listener.close();
  };
  let closing: Promise<void> | undefined;
  return {
    SNICallback: (name, done) => {
      const found = hosts.get(name.toLowerCase());
      if (found === undefined) return done(new Error('no certificate for this name'));
      found.context(patience).then(
        (context) =>
          context === undefined ? done(new Error('no certificate yet')) : done(null, context),
        (error: Error) => done(error),
      );
    },
    port: listener.port,
    states: () => [...hosts.values()].map(({ state }) => state),
    close: () => (closing ??= close()),
  };
}

function readPem(given: string, key: string): string {
  const text = given.includes('-----BEGIN ') ? given : readText(given, key);
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new ConfigError(key, 'holds no certificate', 'Give PEM text, or the path of a PEM file.');
}
