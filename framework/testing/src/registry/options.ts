import type { It } from '../clause.ts';
import type { PluginFactory } from '../open.ts';
import type { ServerUnderTest } from '../server-under-test.ts';

/** What `registryKit` is given. */
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
