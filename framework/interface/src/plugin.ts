import type { Broker, BrokerSupports } from './broker.ts';
import type { Closable } from './closable.ts';
import type { Codec, CodecSupports } from './codec.ts';
import type { Limits } from './limits.ts';
import type { Logger } from './logger.ts';
import type { Registry, RegistrySupports } from './registry.ts';
import type { OutputOf, Schema } from './schema.ts';
import type { Selector } from './selector.ts';
import type { Transport, TransportSupports } from './transport.ts';
import type { Validation } from './validation.ts';

/**
 * The roles that a plugin can play: what an instance is, and what it declares. A package that brings
 * a new role adds it here by declaration merging, and the configuration knows its key.
 */
export interface Roles {
  registry: { is: Registry; supports: RegistrySupports };
  transport: { is: Transport; supports: TransportSupports };
  broker: { is: Broker; supports: BrokerSupports };
  codec: { is: Codec; supports: CodecSupports };
  selector: { is: Selector; supports: object };
  validation: { is: Validation; supports: object };
}

/** Name of a role. */
export type Role = keyof Roles;

/**
 * Known plugins by their names: each package adds itself by declaration merging, so that its name and
 * options are typed in `micro.config.ts`.
 * @example declare module '@micro-ts/interface' { interface Plugins { etcd: typeof etcd } }
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by plugins
export interface Plugins {}

/** All that a plugin gets to see of the app. */
export interface PluginContext {
  /** Name of the app, for connection names and client ids. */
  readonly app: string;
  readonly logger: Logger;
  readonly limits: Limits;
}

/** What a role gets to see besides. */
export interface RoleContext<C> extends PluginContext {
  /** The plugin's connection: dialled when first asked for, and again after it was lost. */
  connection(): Promise<C>;
  /** The app's registry, for brokers without a server. What is registered in it is kept registered. */
  readonly registry: Registry;
  /** Where a listener of this app binds, and the host by which others reach it. */
  network(): Promise<{ readonly bind: string; readonly advertise: string }>;
}

/** One role of a plugin. */
export interface RoleDefinition<R extends Role, O, C> {
  /** Declared before anything is opened: the boot refuses what is not supported. */
  readonly supports: Roles[R]['supports'];
  /**
   * Makes the instance; dials nothing. What its methods reject with and is no `MicroError` counts as
   * `unavailable`, and so does a method that takes longer than `limits.handshake`.
   */
  create(options: O, context: RoleContext<C>): Roles[R]['is'];
}

/** What `definePlugin` is given. */
export interface PluginDefinition<N extends string, S extends Schema, C, R extends Role> {
  /** `etcd` for the package `@micro-ts/etcd`; for others, the name of the package. */
  readonly name: N;
  /** Checks the options and fills in defaults, synchronously. Without it there are no options. */
  readonly options?: S;
  /**
   * Refuses what can never work and a schema cannot see: files that are not there, options that contradict
   * the environment. Asked when the plugin is opened, before anything is dialled.
   * @throws ConfigError which names the option
   */
  readonly check?: (options: OutputOf<S>) => void;
  /** Opens the connection that the roles share. Write it before `roles`: their types follow from it. */
  readonly connect?: (options: OutputOf<S>, context: PluginContext) => Promise<C & Closable>;
  readonly roles: { readonly [K in R]: RoleDefinition<K, OutputOf<S>, C> };
}

/** What a plugin plays, before it is opened. */
export type SupportedRoles<R extends Role> = {
  readonly [K in R]: { readonly supports: Roles[K]['supports'] };
};

/** A plugin with its options: what `micro.config.ts` comes down to. */
export interface Configured<R extends Role = Role> {
  readonly name: string;
  readonly roles: Partial<SupportedRoles<Role>> & SupportedRoles<R>;
  open(context: PluginContext): OpenPlugin<R>;
}

/**
 * The default export of a plugin's package: called with options it is used by value; by name, the
 * configuration calls it.
 */
export interface Plugin<N extends string = string, I = unknown, R extends Role = Role> {
  /** @throws ConfigError if the options do not fit. */
  (options?: I): Configured<R>;
  readonly plugin: N;
  /** What it plays and declares, whatever the options. */
  readonly roles: SupportedRoles<R>;
  /** The schema of its options, for documentation. */
  readonly options: Schema | undefined;
  /** For types only: what a configuration may pass, and the roles that it plays. */
  readonly '~types'?: { readonly options: I; readonly roles: { readonly [K in R]: true } };
}

/** Type of the options of a plugin. */
export type OptionsOf<P> = P extends { readonly '~types'?: infer T }
  ? NonNullable<T> extends { readonly options: infer I }
    ? I
    : never
  : never;

/** Names of the roles that a plugin plays. */
export type RolesOf<P> = P extends { readonly '~types'?: infer T }
  ? NonNullable<T> extends { readonly roles: infer R }
    ? keyof R
    : never
  : never;

/** What the roles of one open plugin are created with, besides its own context. */
export type RoleSurroundings = Pick<RoleContext<unknown>, 'registry' | 'network'>;

/** The running plugin of one app. Core and the contract kits open plugins; nobody else does. */
export interface OpenPlugin<R extends Role = Role> {
  create<K extends R>(role: K, surroundings: RoleSurroundings): Roles[K]['is'];
  /** Closes the connection, after all that was opened through the roles. */
  close(): Promise<void>;
}
