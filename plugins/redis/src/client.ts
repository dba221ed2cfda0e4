import { MicroError } from '@micro-ts/interface';
import type { PluginContext } from '@micro-ts/interface';
import type { Cluster, Redis, RedisOptions } from 'ioredis';
import { isHangUp, isNoSentinel, isUnknownName, redisError } from './redis-errors.ts';

/** A connection of the driver: to one server, or to the nodes of a cluster. */
export type Client = Redis | Cluster;

/** Settings of the driver for one connection. */
export type DriverOptions = Omit<RedisOptions, 'replyMapping' | 'scripts'>;

/** Servers before 6.2 lack what queues need. */
const oldest = [6, 2] as const;

/** What the driver must not do: everything that repairs, waits or repeats. */
export const driverOptions = (context: PluginContext, patience: number): DriverOptions => ({
  retryStrategy: null,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  lazyConnect: true,
  connectTimeout: patience,
  commandTimeout: patience,
  disconnectTimeout: 500,
  protocol: 2,
  disableClientInfo: true,
  connectionName: context.app.replace(/[^!-~]/g, '-'),
});

/**
 * Waits until a server lets this app in and answers.
 * @param server how texts name it
 * @throws MicroError with what to change; nothing stays open then
 */
export async function ready<T extends Client>(
  client: T,
  server: string,
  { commandTimeout: patience, tls }: DriverOptions,
): Promise<T> {
  let first: unknown;
  // The driver rejects with "closed"; the reason is an event. It is thrown if nobody listens.
  client.on('error', (error: unknown) => (first ??= error));
  // The driver's own error tells of the sentinels that were away only.
  let unknown: Error | undefined;
  client.on('sentinelError', (error: Error) => {
    if (isUnknownName(error)) unknown = error;
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const to = tls === undefined ? '' : ' to TLS';
    const tell = (): void => reject(first ?? new Error(`no answer${to} within ${patience} ms`));
    timer = setTimeout(tell, patience);
  });
  try {
    const work = (async () => {
      await client.connect();
      if (first !== undefined) throw first;
      await client.ping();
      await checkVersion(client, server);
    })();
    await Promise.race([work, late]);
    return client;
  } catch (cause) {
    end(client);
    const reason = first ?? cause;
    if (isNoSentinel(reason)) throw redisError(unknown ?? reason, server);
    const deaf = tls === undefined && isHangUp(reason);
    throw redisError(deaf ? new Error('hung up before it answered') : reason, server);
  } finally {
    clearTimeout(timer);
  }
}

/** A user who may not ask is believed. */
async function checkVersion(client: Client, server: string): Promise<void> {
  const info = await client.info('server').catch(() => '');
  const [, found = '', major = '', minor = ''] = /redis_version:((\d+)\.(\d+)\S*)/.exec(info) ?? [];
  const [most, least] = oldest;
  if (found === '' || Number(major) > most) return;
  if (Number(major) === most && Number(minor) >= least) return;
  const text = `redis at ${server} is version ${found}; queues need ${oldest.join('.')}`;
  throw new MicroError('failed_precondition', text, { refused: true });
}

/** Closes it now, whatever the server does. */
export function end(client: Client): void {
  if (client.status === 'end') return;
  const nodes = 'nodes' in client ? client.nodes('all') : [client];
  client.disconnect();
  // The driver says goodbye and waits for an answer; a silent peer gives none.
  for (const node of nodes) (node.stream as { destroy(): void } | undefined)?.destroy();
}
