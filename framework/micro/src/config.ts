import type { LogLevel } from '@micro-ts/core';
import type { Configured, Interceptor, Limits } from '@micro-ts/interface';
import type { OptionsOf, Plugins, Role, RolesOf } from '@micro-ts/interface';

/** Names of the known plugins that play role R. */
type NamesFor<R extends Role> = {
  [N in keyof Plugins]: R extends RolesOf<Plugins[N]> ? N : never;
}[keyof Plugins];

type Known<R extends Role> = {
  [N in NamesFor<R>]: N | readonly [name: N, options: OptionsOf<Plugins[N]>];
}[NamesFor<R>];

/** A package or file that the compiler has not seen; its options are checked at boot. */
type Foreign = `@${string}/${string}` | `./${string}` | `../${string}`;

/** A plugin by value, not called: it gets no options. */
interface Uncalled<R extends Role> {
  (): Configured<R>;
  readonly plugin: string;
}

/**
 * How a plugin is named in the configuration.
 * - `'consul'`: the package `@micro-ts/consul`, with its default options;
 * - `['consul', { address: '10.0.0.1:8500' }]`: with options, typed where the package is installed;
 * - `'@acme/registry'`, `'./my-registry.ts'`, alone or with options: any package, or a file beside
 *   the configuration;
 * - `etcd({ … })`: by value.
 */
export type Use<R extends Role> =
  | Known<R>
  | Foreign
  | readonly [name: Foreign, options: Readonly<Record<string, unknown>>]
  | Configured<R>
  | Uncalled<R>;

/**
 * What stands in `micro.config.ts`: all there is to know about infrastructure, and nothing about
 * services. Every key has a default. Times are in ms, sizes in bytes.
 */
export interface Config {
  /** Name of the app, in logs and on connections. Default: that of its first service. */
  readonly name?: string;
  /** Where nodes are found. Default `local`: all processes of this machine, without a server. */
  readonly registry?: Use<'registry'>;
  /** What carries calls. Of several, the first serves; the client speaks them all. Default `http`. */
  readonly transport?: Use<'transport'> | readonly Use<'transport'>[];
  /** What carries events. Default `http`: straight to the subscribers that the registry lists. */
  readonly broker?: Use<'broker'>;
  /** Chooses a node for each call. Default: of two random nodes, the one with less to do. */
  readonly selector?: Use<'selector'>;
  /** Formats of bodies besides JSON and raw bytes. */
  readonly codecs?: readonly Use<'codec'>[];
  /** Kinds of schema besides Standard Schema. Default `validation`: classes of class-validator. */
  readonly validation?: Use<'validation'>;
  /** How long a unary call may take unless it says otherwise, in ms. Default 5,000. */
  readonly deadline?: number;
  /** Further attempts of a call that was certainly not processed, or is idempotent. Default 2. */
  readonly retries?: number;
  /** Bounds on what a peer can make this process hold. */
  readonly limits?: Partial<Limits>;
  /** Where calls are taken: `host:port`, port 0 for a free one. Default: what the registry needs. */
  readonly address?: string;
  /** Address by which others reach this node, where it is not the one that it binds. */
  readonly advertise?: string;
  /** Labels of the nodes, such as `{ zone: 'eu-1' }`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Version of every service of the app, in place of the one at `@Service`. */
  readonly version?: string;
  /** Stand round every call; the first of a list is the outermost. */
  readonly interceptors?: {
    readonly client?: readonly Interceptor[];
    readonly server?: readonly Interceptor[];
  };
  /** How long a registration holds without being renewed, in ms. Default 30,000. */
  readonly registerTtl?: number;
  /** How long a deregistered node goes on serving before it drains, in ms. Default: the transport's. */
  readonly grace?: number;
  /** `expose` answers `Debug.*` to callers from other machines too. */
  readonly debug?: { readonly expose?: boolean };
  /** Least serious line that is logged, on stderr; `silent` for none. Default `info`. */
  readonly log?: LogLevel;
  /** Options of the toolkit's apps, by their names: `{ api: { address: ':8080' } }`. Each checks its own. */
  readonly toolkit?: ToolkitOptions;
}

/** Options of the toolkit's apps. Each app's package adds its own. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- packages merge their key into it
export interface ToolkitOptions {}

/**
 * Types a configuration; returns it as it is.
 * @example
 * export default defineConfig({
 *   registry: 'etcd',
 *   broker: ['nats', { servers: 'nats://127.0.0.1:4222' }],
 * });
 */
export function defineConfig(config: Config): Config {
  return config;
}
