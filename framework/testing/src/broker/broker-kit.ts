import type { Message } from '@micro-ts/interface';
import { registerClauses } from '../clause.ts';
import type { It, Later } from '../clause.ts';
import { machine } from '../open.ts';
import type { PluginFactory } from '../open.ts';
import type { ServerUnderTest } from '../server-under-test.ts';
import { closing } from './closing.ts';
import { events } from './events.ts';
import { freezes, handles, restarts, unreachable } from './failing.ts';
import type { BrokerMachine } from './failing.ts';
import { failures } from './failures.ts';
import { order } from './order.ts';
import { queues } from './queues.ts';
import { brokerScene } from './scene.ts';
import { wildcards } from './wildcards.ts';

/** Reads the dead letters of a topic, wherever the broker keeps them. */
export type DeadLetters = (topic: string) => Promise<readonly Message<Uint8Array>[]>;

/** What {@link brokerKit} is given. */
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
