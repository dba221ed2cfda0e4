import { registerClauses } from '../clause.ts';
import type { Later } from '../clause.ts';
import { machine } from '../open.ts';
import type { PluginFactory } from '../open.ts';
import { closing, handles } from './closing.ts';
import { draining } from './draining.ts';
import { endings } from './endings.ts';
import { errors } from './errors.ts';
import { freezes, restarts, unreachable } from './failing.ts';
import { lifetimes } from './lifetimes.ts';
import { load } from './load.ts';
import { transportScene } from './scene.ts';
import type { TransportKit } from './options.ts';
import { streaming } from './streaming.ts';
import { unary } from './unary.ts';

/**
 * The contract of transports, as tests.
 * @example transportKit({ it, plugin: () => http() });
 */
export function transportKit(kit: TransportKit): void {
  const { it } = kit;
  const scene = (later: Later) => transportScene(kit, later);
  for (const clauses of [unary, errors, lifetimes, streaming, endings, load, draining, closing]) {
    registerClauses(it, clauses, scene);
  }
  const address = kit.address ?? '127.0.0.1:0';
  const on = (plugin: PluginFactory<'transport'>) => async (later: Later) => ({
    ...(await machine(plugin, later)),
    address,
    patience: kit.patience ?? 5_000,
  });
  registerClauses(it, handles, on(kit.plugin));
  if (kit.unreachable !== undefined) registerClauses(it, unreachable, on(kit.unreachable));
  const { server } = kit;
  if (server === undefined) return;
  const withServer = async (later: Later) => ({ ...(await scene(later)), medium: server });
  registerClauses(it, restarts, withServer);
  if (server.freeze !== undefined) registerClauses(it, freezes, withServer);
}
