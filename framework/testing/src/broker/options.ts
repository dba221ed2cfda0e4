import type { Message } from '@micro-ts/interface';
import type { It } from '../clause.ts';
import type { PluginFactory } from '../open.ts';
import type { ServerUnderTest } from '../server-under-test.ts';

/** Reads the dead letters of a topic, wherever the broker keeps them. */
export type DeadLetters = (topic: string) => Promise<readonly Message<Uint8Array>[]>;

/** What `brokerKit` is given. */
export interface BrokerKit {
  readonly it: It;
  /**
   * Called for each test; opened by the kit, mostly twice: two apps that share the medium. What it
   * returns may point at a server in use: the kit makes topics of its own.
   */
  readonly plugin: PluginFactory<'broker'>;
  /** The same plugin, pointed at a server that is not there. For brokers that have one. */
  readonly unreachable?: PluginFactory<'broker'>;
  /** The server, if the test can stop it. */
  readonly server?: ServerUnderTest;
  /** Needed for brokers that declare `deadLetter`. */
  readonly deadLetters?: DeadLetters;
  /** Longest that an event may take, in ms. Default 5,000. */
  readonly patience?: number;
}
