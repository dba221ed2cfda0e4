import { registerClauses } from '../clause.ts';
import type { It, Later } from '../clause.ts';
import { machine } from '../open.ts';
import type { PluginFactory } from '../open.ts';
import type { ServerUnderTest } from '../server-under-test.ts';
import { closing } from './closing.ts';
import { crowds } from './crowds.ts';
import { expiry } from './expiry.ts';
import { freezes, handles, restarts, unreachable } from './failing.ts';
import type { RegistryMachine } from './failing.ts';
import { names } from './names.ts';
import { records } from './records.ts';
import { registryScene } from './scene.ts';
import { watching } from './watching.ts';

/** What {@link registryKit} is given. */
export interface RegistryKit {
  readonly it: It;
  /**
   * Called for each test; opened by the kit, mostly twice: two apps that share the medium. What it
   * returns may point at a medium in use: the kit makes names of its own and cleans up.
   */
  readonly plugin: PluginFactory<'registry'>;
  /** The same plugin, pointed at a server that is not there. For registries that have one. */
  readonly unreachable?: PluginFactory<'registry'>;
  /** The server, if the test can stop it. */
  readonly server?: ServerUnderTest;
  /** The shortest ttl, in ms, that the medium can keep. Default 2,000. */
  readonly shortestTtl?: number;
  /** Longest that a change may take to be seen, in ms. Default 5,000. */
  readonly patience?: number;
}

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
