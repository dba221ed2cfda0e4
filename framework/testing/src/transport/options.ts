import type { It } from '../clause.ts';
import type { PluginFactory } from '../open.ts';

/** What `transportKit` is given. */
export interface TransportKit {
  readonly it: It;
  /** Called for each test; opened by the kit twice: an app that serves, and one that calls. */
  readonly plugin: PluginFactory<'transport'>;
  /** Where to listen: any free place. Default `127.0.0.1:0`. */
  readonly address?: string;
  /** Longest that an answer may take, in ms. Default 5,000. */
  readonly patience?: number;
}
