import { registerClauses } from '../clause.ts';
import type { Later } from '../clause.ts';
import { machine } from '../open.ts';
import type { PluginFactory } from '../open.ts';
import { closing } from './closing.ts';
import { events } from './events.ts';
import { freezes, handles, restarts, unreachable } from './failing.ts';
import type { BrokerMachine } from './failing.ts';
import { failures } from './failures.ts';
import type { BrokerKit } from './options.ts';
import { order } from './order.ts';
import { queues } from './queues.ts';
import { brokerScene } from './scene.ts';
import { wildcards } from './wildcards.ts';

/**
 * The contract of brokers, as tests.
 * @example brokerKit({ it, plugin: () => nats({ servers: server.address }) });
 */
export function brokerKit(kit: BrokerKit): void {
  const { it, server } = kit;
  const scene = (later: Later) => brokerScene(kit, later);
  for (const clauses of [events, queues, failures, order, wildcards, closing]) {
    registerClauses(it, clauses, scene);
  }
  const on =
    (plugin: PluginFactory<'broker'>) =>
    async (later: Later): Promise<BrokerMachine> => ({
      ...(await machine(plugin, later)),
      patience: kit.patience ?? 5_000,
    });
  registerClauses(it, handles, on(kit.plugin));
  if (kit.unreachable !== undefined) registerClauses(it, unreachable, on(kit.unreachable));
  if (server === undefined) return;
  const withServer = async (later: Later) => ({ ...(await scene(later)), server });
  registerClauses(it, restarts, withServer);
  if (server.freeze !== undefined) registerClauses(it, freezes, withServer);
}
