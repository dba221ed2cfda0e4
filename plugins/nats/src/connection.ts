import { setTimeout as pause } from 'node:timers/promises';
import { closable, MicroError } from '@micro-ts/interface';
import type { PluginContext } from '@micro-ts/interface';
import type { NatsConnection } from '@nats-io/transport-node';
import { readConnectionSettings } from './connection-settings.ts';
import { authOf } from './credentials.ts';
import { withoutForgotten } from './forgotten-sockets.ts';
import { NatsLink } from './link.ts';
import type { DriverParts } from './link.ts';
import { natsError } from './nats-errors.ts';
import type { ErrorSubject } from './nats-errors.ts';
import type { NatsSettings } from './options.ts';

/** A silent server is asked each so many ms; after two questions without an answer it is dead. */
const pingInterval = 2_500;

/** Longest that what was sent last may take to leave, in ms. */
const farewell = 1_000;

/** Dials one of the servers. The connection lives once: the driver's own reconnecting is off. */
export async function dial(options: NatsSettings, context: PluginContext): Promise<NatsLink> {
  const driver = await import('@nats-io/transport-node');
  const { hosts, credentials, tls } = readConnectionSettings(options);
  const auth = authOf(credentials, driver);
  const about = { server: hosts.join(', '), option: credentials.option };
  try {
    const settings = {
      servers: [...hosts],
      name: context.app,
      ...auth,
      ...(tls === undefined ? {} : { tls }),
      timeout: Math.max(500, (context.limits.handshake * 0.9) / hosts.length),
      ...{ reconnect: false, ignoreClusterUpdates: true, noAsyncTraces: true },
      ...{ pingInterval, maxPingOut: 2 },
    };
    const nats = await withoutForgotten(() => driver.connect(settings));
    return linkOf(nats, { ...about, server: nats.getServer() }, driver);
  } catch (error) {
    throw natsError(error, about, true);
  }
}

function linkOf(nats: NatsConnection, about: ErrorSubject, driver: DriverParts): NatsLink {
  let dead = false;
  const losable = closable(async () => {
    if (!dead) await lastWords(nats);
    await nats.close();
  });
  const link = new NatsLink(nats, about, losable, driver);
  const lose = (reason: unknown): void => {
    dead = true;
    losable.lose(natsError(reason, about));
  };
  void follow(nats, link, lose);
  void nats.closed().then(lose);
  return link;
}

/** Lets what was sent last leave, for as long as the server reads. */
async function lastWords(nats: NatsConnection): Promise<void> {
  const timer = new AbortController();
  const enough = pause(farewell, undefined, { signal: timer.signal });
  await Promise.race([nats.flush(), nats.closed(), enough]).catch(() => undefined);
  enough.catch(() => undefined);
  timer.abort();
}

/** What the driver tells beside the answers. */
async function follow(
  nats: NatsConnection,
  link: NatsLink,
  lose: (reason: unknown) => void,
): Promise<void> {
  for await (const status of nats.status()) {
    if (status.type === 'staleConnection') {
      lose(new MicroError('unavailable', `nats ${link.server} does not answer`));
    }
    if (status.type !== 'error') continue;
    const { error } = status;
    if (error.name === 'PermissionViolationError' && 'subject' in error) {
      link.deny(String(error.subject), error);
    }
  }
}
