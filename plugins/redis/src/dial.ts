import type { ConnectionOptions } from 'node:tls';
import { ConfigError, MicroError } from '@micro-ts/interface';
import type { PluginContext } from '@micro-ts/interface';
import { readClientTls } from '@micro-ts/tls';
import type { Redis } from 'ioredis';
import { driverOptions, end, ready } from './client.ts';
import type { Client, DriverOptions } from './client.ts';
import type { RedisOptions } from './options.ts';
import { nameOf, parsePlace } from './place.ts';
import type { Place } from './place.ts';
import { scripts } from './scripts.ts';

/** What one connection of the plugin is made of. */
export interface Dialled {
  /** For everything that is asked. */
  readonly commands: Client;
  /** For what the server tells by itself. */
  readonly subscriber: Redis;
  /** How texts name the server. */
  readonly server: string;
}

/** Part of `limits.handshake` that dialling takes at most, so that its own error is seen. */
const share = 0.9;

/**
 * Dials the server, the cluster, or the server that the sentinels name.
 * @throws ConfigError if the options can never work
 */
export async function dial(options: RedisOptions, context: PluginContext): Promise<Dialled> {
  const patience = Math.floor(context.limits.handshake * share);
  const tls = readClientTls(options.tls, 'redis');
  const dialling = { options, context, patience, tls };
  if (options.cluster !== undefined) return dialCluster(dialling, options.cluster);
  if (options.sentinel !== undefined) return dialSentinel(dialling, options.sentinel);
  const { address = 'redis://127.0.0.1:6379' } = options;
  const places = [address].flat().map((each) => parsePlace('redis.address', each));
  let failed: unknown;
  for (const place of places) {
    try {
      const each = { ...dialling, patience: Math.floor(patience / places.length) };
      const settings = settingsOf(each, place);
      return await pair(settings, nameOf(place), each.patience);
    } catch (error) {
      failed ??= error;
    }
  }
  throw failed;
}

interface Dialling {
  readonly options: RedisOptions;
  readonly context: PluginContext;
  readonly patience: number;
  readonly tls: ConnectionOptions | undefined;
}

type Secret = Pick<Place, 'secure' | 'username' | 'password' | 'database'>;

function access({ options, context, patience, tls }: Dialling, url: Secret): DriverOptions {
  const { username = url.username, password = url.password } = options;
  return {
    ...driverOptions(context, patience),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined && !url.secure ? {} : { tls: tls ?? {} }),
    db: options.database ?? url.database ?? 0,
  };
}

const settingsOf = (dialling: Dialling, place: Place): DriverOptions => ({
  ...access(dialling, place),
  host: place.host,
  port: place.port,
});

/** Two connections with the same settings, or none. */
async function pair(settings: DriverOptions, server: string, patience: number): Promise<Dialled> {
  const { Redis } = await import('ioredis');
  const both = [new Redis({ ...settings, scripts }), new Redis(settings)] as const;
  try {
    const [commands, subscriber] = await Promise.all([
      ready(both[0], server, patience),
      ready(both[1], server, patience),
    ]);
    return { commands, subscriber, server };
  } catch (error) {
    for (const client of both) end(client);
    throw error;
  }
}

const open: Secret = {
  secure: false,
  username: undefined,
  password: undefined,
  database: undefined,
};

async function dialSentinel(
  dialling: Dialling,
  sentinel: NonNullable<RedisOptions['sentinel']>,
): Promise<Dialled> {
  const { name, addresses, username, password } = sentinel;
  const { patience, tls } = dialling;
  const sentinels = addresses.map((each) => {
    const { host, port } = parsePlace('redis.sentinel.addresses', each, 26_379);
    return { host, port };
  });
  const settings: DriverOptions = {
    ...access(dialling, open),
    ...{ sentinels, name, sentinelRetryStrategy: () => null, sentinelCommandTimeout: patience },
    ...(tls === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tls }),
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
  };
  return pair(settings, `${name} of sentinels ${sentinels.map(nameOf).join(', ')}`, patience);
}

async function dialCluster(dialling: Dialling, addresses: readonly string[]): Promise<Dialled> {
  const { options, patience } = dialling;
  if ((options.database ?? 0) !== 0) {
    throw new ConfigError('redis.database', 'a cluster has database 0 only', 'Leave it out.');
  }
  const places = addresses.map((each) => parsePlace('redis.cluster', each));
  const [first] = places;
  if (first === undefined) throw new ConfigError('redis.cluster', 'is empty');
  const { Cluster, Redis } = await import('ioredis');
  const settings = access(dialling, first);
  const { retryStrategy: _none, enableOfflineQueue: _no, ...redisOptions } = settings;
  const server = `cluster ${places.map(nameOf).join(', ')}`;
  // Its nodes are dialled when they are first needed, and what is asked meanwhile waits for them:
  // otherwise the driver would send it to any node, and the order would be lost.
  const cluster = new Cluster(
    places.map(({ host, port }) => ({ host, port })),
    {
      ...{ redisOptions, lazyConnect: true, maxRedirections: 4 },
      ...{ clusterRetryStrategy: () => null, slotsRefreshTimeout: patience, scripts },
    },
  );
  const commands = await ready(cluster, server, patience);
  try {
    // The driver's own subscriber would move to another node in silence.
    const node = cluster.nodes('master')[0];
    if (node === undefined) throw new MicroError('unavailable', `redis ${server} has no master`);
    const { host = first.host, port = first.port } = node.options;
    const subscriber = new Redis({ ...settings, host, port });
    return { commands, subscriber: await ready(subscriber, server, patience), server };
  } catch (error) {
    end(commands);
    throw error;
  }
}
