import { MicroError } from '@micro-ts/interface';
import type { PluginContext } from '@micro-ts/interface';
import type { Redis } from 'ioredis';
import { driverOptions, end, ready } from './client.ts';
import type { Client, DriverOptions } from './client.ts';
import type { RedisSettings } from './options.ts';
import { nameOf } from './place.ts';
import { scripts } from './scripts.ts';
import { readTarget } from './target.ts';
import type { Access, Target } from './target.ts';

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
export async function dial(options: RedisSettings, context: PluginContext): Promise<Dialled> {
  const patience = Math.floor(context.limits.handshake * share);
  const { database } = options;
  const dialling = { context, patience, database };
  const target = readTarget(options); // again, for the files may be others by now
  if (target.kind === 'cluster') return dialCluster(dialling, target);
  if (target.kind === 'sentinel') return dialSentinel(dialling, target);
  let failed: unknown;
  for (const server of target.servers) {
    const each = { ...dialling, patience: Math.floor(patience / target.servers.length) };
    const { host, port } = server;
    const db = database ?? server.database ?? 0;
    try {
      return await pair({ ...settingsOf(each, server), host, port, db }, nameOf(server));
    } catch (error) {
      failed ??= error;
    }
  }
  throw failed;
}

interface Dialling {
  readonly context: PluginContext;
  readonly patience: number;
  readonly database: number | undefined;
}

function settingsOf(dialling: Dialling, { username, password, tls }: Access): DriverOptions {
  const { context, patience, database = 0 } = dialling;
  return {
    ...driverOptions(context, patience),
    ...{ username, password, tls, db: database },
  };
}

/** Two connections with the same settings, or none. */
async function pair(settings: DriverOptions, server: string): Promise<Dialled> {
  const { Redis } = await import('ioredis');
  const both = [new Redis({ ...settings, scripts }), new Redis(settings)] as const;
  try {
    const [commands, subscriber] = await Promise.all([
      ready(both[0], server, settings),
      ready(both[1], server, settings),
    ]);
    return { commands, subscriber, server };
  } catch (error) {
    for (const client of both) end(client);
    throw error;
  }
}

async function dialSentinel(
  dialling: Dialling,
  { sentinels, natMap, ...access }: Target & { readonly kind: 'sentinel' },
): Promise<Dialled> {
  const { name, places, username, password, tls } = sentinels;
  const settings: DriverOptions = {
    ...settingsOf(dialling, access),
    ...{ sentinels: places.map(({ host, port }) => ({ host, port })), name, natMap },
    ...{ sentinelRetryStrategy: () => null, sentinelCommandTimeout: dialling.patience },
    // Those that sentinels tell of are forgotten with the dialling; behind NAT they are not reached.
    updateSentinels: false,
    ...{ enableTLSForSentinelMode: access.tls !== undefined, sentinelTLS: tls },
    ...{ sentinelUsername: username, sentinelPassword: password },
  };
  return pair(settings, `${name} of sentinels ${places.map(nameOf).join(', ')}`);
}

async function dialCluster(
  dialling: Dialling,
  { places, natMap, ...access }: Target & { readonly kind: 'cluster' },
): Promise<Dialled> {
  const { Cluster, Redis } = await import('ioredis');
  const settings = settingsOf(dialling, access);
  const { retryStrategy: _none, enableOfflineQueue: _no, ...redisOptions } = settings;
  const server = `cluster ${places.map(nameOf).join(', ')}`;
  // Its nodes are dialled when they are first needed, and what is asked meanwhile waits for them:
  // otherwise the driver would send it to any node, and the order would be lost.
  const cluster = new Cluster(
    places.map(({ host, port }) => ({ host, port })),
    {
      ...{ redisOptions, natMap, lazyConnect: true, maxRedirections: 4 },
      ...{ clusterRetryStrategy: () => null, slotsRefreshTimeout: dialling.patience, scripts },
      // Certificates carry names: they are looked up when a node is dialled, not before.
      dnsLookup: (name, found) => found(null, name),
    },
  );
  const commands = await ready(cluster, server, settings);
  try {
    // The driver's own subscriber would move to another node in silence.
    const node = cluster.nodes('master')[0];
    if (node === undefined) throw new MicroError('unavailable', `redis ${server} has no master`);
    const { host = '', port = 0 } = node.options;
    const subscriber = new Redis({ ...settings, host, port });
    return { commands, subscriber: await ready(subscriber, server, settings), server };
  } catch (error) {
    end(commands);
    throw error;
  }
}
