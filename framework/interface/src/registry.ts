import type { Closable } from './closable.ts';
import type { Node } from './node.ts';

/** Nodes by service. A service that is gone stands there with an empty list. */
export type Services = ReadonlyMap<string, readonly Node[]>;

/**
 * Told which services changed, each with all of its nodes. It must not throw: a registry does not guard
 * against it. Core does, for the listeners of users.
 */
export type RegistryListener = (changed: Services) => void;

/** What a registry plugin declares. */
export interface RegistrySupports {
  /** A node that is not registered again in time vanishes, even if its process hangs. */
  readonly ttl: boolean;
  /** It can tell of changes; otherwise core asks every few seconds. */
  readonly watch: boolean;
  /**
   * How far its records reach. `host`: nodes bind and advertise 127.0.0.1. `network`: they bind all
   * interfaces and advertise the address from which this machine reaches the registry.
   */
  readonly scope: 'host' | 'network';
}

/**
 * Who runs where. It keeps no cache and no timers of its own for them: core asks, watches, registers
 * every node again at each third of its ttl, and keeps what it knows while the registry is away. What
 * cannot be read is skipped, and logged once.
 */
export interface Registry {
  /**
   * Makes the record be there, as given, for `ttl` more milliseconds. Called again and again;
   * whatever happened to the record in between (lease lost, key deleted, server emptied) is mended by
   * it. The ttl is each node's own. A record that is as it was is no news for those who watch.
   */
  register(node: Node, ttl: number): Promise<void>;
  /** Removes the record now. No error if there is none. */
  deregister(node: Node): Promise<void>;
  /** All nodes of all versions; an empty list if there are none. */
  lookup(service: string): Promise<readonly Node[]>;
  /** Names of the services that have nodes, sorted. */
  list(): Promise<readonly string[]>;
  /**
   * Tells the listener all there is before it resolves, then what changes: of one service, which is
   * told as an empty list if it has no nodes, or of all.
   * Present where `supports.watch` says so.
   */
  watch?(listener: RegistryListener, service?: string): Promise<Closable>;
  /** Address of this machine on the way to the registry; for registries of scope `network`. */
  localAddress?(): Promise<string>;
}
