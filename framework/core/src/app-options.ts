import { ConfigError, defaultLimits } from '@micro-ts/interface';
import type { Configured, Interceptor, Limits, Logger } from '@micro-ts/interface';
import type { Class } from './class.ts';
import { ConsoleLogger } from './console-logger.ts';
import type { Provider } from './container.ts';

/** What an app is made of. Plugins are values here; names are `micro-ts`'s affair. */
export interface AppOptions {
  /** Name of the app in logs, connections and `micro-from-service`. Default: its first service. */
  readonly name?: string | undefined;
  /** `@Service` classes, which the app constructs, or instances of them. */
  readonly services?: readonly (Class | object)[] | undefined;
  /** What services can have injected besides what Micro brings. */
  readonly providers?: readonly Provider[] | undefined;
  readonly registry: Configured<'registry'>;
  /** The first one serves; a client takes the one that a node speaks. */
  readonly transports: readonly Configured<'transport'>[];
  readonly broker: Configured<'broker'>;
  /** Default: least in flight of two random nodes. */
  readonly selector?: Configured<'selector'> | undefined;
  /** Come before JSON and bytes; the first one is what is sent by default. */
  readonly codecs?: readonly Configured<'codec'>[] | undefined;
  /** Default: Standard Schemas only. */
  readonly validation?: Configured<'validation'> | undefined;
  /** Deadline of a unary call in ms. Default 5,000. */
  readonly deadline?: number | undefined;
  /** Attempts after the first one. Default 2. */
  readonly retries?: number | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Where to listen: `host:port`, `:port`, `host:8000-8100`. Default: any port of the registry's scope. */
  readonly address?: string | undefined;
  /** Host, or `host:port`, by which others reach this process, where that is not where it listens. */
  readonly advertise?: string | undefined;
  /** Unique part of the node ids. Default: a random UUID. */
  readonly id?: string | undefined;
  /** Version of every service of the app, in place of the one at `@Service`. */
  readonly version?: string | undefined;
  /** Labels of every node of the app, such as `zone`. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly interceptors?:
    | { readonly client?: readonly Interceptor[]; readonly server?: readonly Interceptor[] }
    | undefined;
  /** How long a registration holds without being renewed, in ms. Default 30,000. */
  readonly registerTtl?: number | undefined;
  /** How long to go on serving after deregistering, in ms. Default: what the transport needs. */
  readonly grace?: number | undefined;
  /**
   * How long `close` waits for what still runs, in ms, before it cuts it off. Default 20,000: less than
   * the 30 s after which Kubernetes kills.
   */
  readonly shutdownTimeout?: number | undefined;
  /** `expose`: `Debug.*` answers other machines too. Default false. */
  readonly debug?: { readonly expose?: boolean | undefined } | undefined;
  /** Default: lines on stderr. */
  readonly logger?: Logger | undefined;
}

/** {@link AppOptions} with nothing left open. */
export type Settings = AppOptions & {
  readonly services: readonly (Class | object)[];
  readonly deadline: number;
  readonly retries: number;
  readonly limits: Limits;
  readonly registerTtl: number;
  readonly shutdownTimeout: number;
  readonly client: readonly Interceptor[];
  readonly server: readonly Interceptor[];
  readonly exposeDebug: boolean;
  readonly logger: Logger;
};

/**
 * Fills in the defaults, once.
 * @throws ConfigError for numbers with which nothing would ever end, or everything at once
 */
export function settle(options: AppOptions): Settings {
  const { interceptors } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const { deadline = 5_000, retries = 2, registerTtl = 30_000, shutdownTimeout = 20_000 } = options;
  for (const [key, value] of Object.entries({ deadline, registerTtl }))
    if (!(value > 0))
      throw new ConfigError(key, `is ${value}, and should be a number of ms above 0`);
  for (const [key, value] of Object.entries({ grace: options.grace ?? 0, shutdownTimeout }))
    if (!(value >= 0)) throw new ConfigError(key, `is ${value}, and should be a number of ms`);
  for (const [key, value] of Object.entries(limits))
    if (!(value > 0)) throw new ConfigError(`limits.${key}`, `is ${value}, and should be above 0`);
  if (!Number.isInteger(retries) || retries < 0)
    throw new ConfigError('retries', `is ${retries}, and should be a whole number, 0 or more`);
  return {
    ...options,
    ...{ deadline, retries, limits, registerTtl, shutdownTimeout },
    services: options.services ?? [],
    client: interceptors?.client ?? [],
    server: interceptors?.server ?? [],
    exposeDebug: options.debug?.expose ?? false,
    logger: options.logger ?? new ConsoleLogger(),
  };
}
