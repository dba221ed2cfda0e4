import { registerClauses } from '../clause.ts';
import type { Later } from '../clause.ts';
import { machine } from '../open.ts';
import type { PluginFactory } from '../open.ts';
import { closing } from './closing.ts';
import { crowds } from './crowds.ts';
import { expiry } from './expiry.ts';
import { freezes, handles, restarts, unreachable } from './failing.ts';
import type { RegistryMachine } from './failing.ts';
import { names } from './names.ts';
import type { RegistryKit } from './options.ts';
import { records } from './records.ts';
import { registryScene } from './scene.ts';
import { watching } from './watching.ts';

/**
 * The contract of registries, as tests.
 * @example registryKit({ it, plugin: () => etcd({ address: server.address }) });
 */
export function registryKit(kit: RegistryKit): void {
  const { it, server } = kit;
  const scene = (later: Later) => registryScene(kit, later);
  for (const clauses of [records, names, watching, expiry, crowds, closing]) {
    registerClauses(it, clauses, scene);
  }
  const on =
    (plugin: PluginFactory<'registry'>) =>
    async (later: Later): Promise<RegistryMachine> => ({
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
