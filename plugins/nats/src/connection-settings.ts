import { readClientTls } from '@micro-ts/tls';
import type { ConnectionOptions } from '@nats-io/transport-node';
import { readCredentials } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import type { NatsSettings } from './options.ts';
import { readServers } from './servers.ts';

/** What a connection is dialled with. */
export interface ConnectionSettings {
  /** `host:port` of each server. */
  readonly hosts: readonly string[];
  readonly credentials: Credentials;
  /** `undefined` leaves it to the server. */
  readonly tls: ConnectionOptions['tls'];
}

/**
 * Reads the options and the files that they name.
 * @throws ConfigError if no server could ever be dialled with them
 */
export function readConnectionSettings(options: NatsSettings): ConnectionSettings {
  const servers = readServers(options.servers);
  return {
    hosts: servers.hosts,
    credentials: readCredentials(options, servers),
    tls: readClientTls(options.tls, 'nats') ?? (servers.tls ? {} : undefined),
  };
}
