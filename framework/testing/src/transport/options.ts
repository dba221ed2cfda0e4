import type { It } from '../clause.ts';
import type { PluginFactory } from '../open.ts';
import type { ServerUnderTest } from '../server-under-test.ts';

/** What `transportKit` is given. */
export interface TransportKit {
  readonly it: It;
  /** Called for each test; opened by the kit twice: an app that serves, and one that calls. */
  readonly plugin: PluginFactory<'transport'>;
  /** The same plugin, pointed at a server that is not there. For transports that have one. */
  readonly unreachable?: PluginFactory<'transport'>;
  /** The server, if the test can stop it. */
  readonly server?: ServerUnderTest;
  /** Where to listen: any free place. Default `127.0.0.1:0`. */
  readonly address?: string;
  /** Longest that an answer may take, in ms. Default 5,000. */
  readonly patience?: number;
}
