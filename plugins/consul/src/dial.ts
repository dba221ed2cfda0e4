import { closable } from '@micro-ts/interface';
import type { PluginContext } from '@micro-ts/interface';
import { ReportOnce } from '@micro-ts/wire';
import { accessOf } from './access.ts';
import type { ConsulLink } from './link.ts';
import type { ConsulSettings } from './options.ts';
import { answerBytes, request } from './requests.ts';
import type { Answer, Ask } from './requests.ts';
import { Watches } from './watches.ts';

/** Connections for all that is no watch: Consul allows a machine 200, unless it is told otherwise. */
const connections = 16;

/** How long an idle connection is kept, in ms: until the next heartbeat of most nodes. */
const idle = 15_000;

/** The way to Consul. Nothing is dialled before the first request. */
export async function dial(
  options: ConsulSettings,
  { logger, limits }: PluginContext,
): Promise<ConsulLink> {
  const { place, token, tls } = accessOf(options);
  const { buildConnector, Pool } = await import('undici');
  const connector = buildConnector({
    ...tls,
    timeout: limits.handshake,
    keepAliveInitialDelay: 5_000, // and then each second, ten times
  });
  let local: string | undefined;
  const connect: typeof connector = (to, done) =>
    connector(to, (...[error, socket]) => {
      if (error !== null) return done(error, null);
      local = socket.localAddress ?? local;
      done(null, socket);
    });
  const common = {
    connect,
    maxResponseSize: answerBytes,
    headersTimeout: 0, // each request has a limit of its own
    bodyTimeout: 0,
    pipelining: 1,
    keepAliveTimeout: idle,
  };
  const verbs = new Pool(place.origin, { ...common, connections });
  const waits = new Pool(place.origin, common);
  const link = closable(async () => {
    watches.lose(`${place.name}: the connection is closed`);
    await Promise.all([verbs.destroy(), waits.destroy()]);
  });
  // So that the answer of Consul comes before that of those who wait for it.
  const patience = Math.ceil(limits.handshake * 0.9);
  const unproven = tls !== undefined && tls.cert === undefined;
  const by = { place, token, datacenter: options.datacenter, patience, unproven };
  const hang = (ask: Ask): Promise<Answer> => request(waits, by, ask);
  const watches: Watches = new Watches((signal) =>
    hang({ path: '/v1/status/leader', signal }).catch((reason: unknown) => {
      if (!signal.aborted) link.lose(reason);
    }),
  );
  return Object.assign(link, {
    place,
    report: new ReportOnce(logger),
    patience,
    registered: new Map<string, string>(),
    watches,
    ask: (ask: Ask) => request(verbs, by, ask),
    hang,
    localAddress: () => local,
  });
}
