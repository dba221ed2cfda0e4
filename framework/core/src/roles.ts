import { ConfigError } from '@micro-ts/interface';
import type { Broker, BrokerSupports, Codec, Configured, OpenPlugin } from '@micro-ts/interface';
import type { PluginContext, Registry, Role } from '@micro-ts/interface';
import type { Roles, Selector, Transport, TransportSupports } from '@micro-ts/interface';
import type { Validation } from '@micro-ts/interface';
import type { Settings } from './app-options.ts';
import type { Health } from './health.ts';
import { Holdings } from './holdings.ts';
import { createKeepingRegistry } from './keeping-registry.ts';
import { findNetwork } from './network.ts';
import type { Network } from './network.ts';
import { leastInFlight } from './selectors/least-in-flight.ts';

/** The plugins of an app, opened: one instance for each role. */
export interface OpenRoles {
  readonly registry: Registry;
  readonly registryName: string;
  /** By name; the first one serves. */
  readonly transports: ReadonlyMap<string, Transport>;
  readonly transportSupports: TransportSupports;
  readonly broker: Broker;
  readonly brokerName: string;
  readonly brokerSupports: BrokerSupports;
  readonly selector: Selector;
  readonly codecs: readonly Codec[];
  readonly validation: Validation | undefined;
  network(): Promise<Network>;
  /** Closes the plugins, after all that was opened through them. */
  close(): Promise<void>;
}

/** Opens each plugin once, however many roles it plays. Nothing is dialled. */
export function openRoles(settings: Settings, app: string, health: Health): OpenRoles {
  const { limits, logger } = settings;
  const opened = new Map<object, OpenPlugin>();
  const open = <R extends Role>(configured: Configured<R>): OpenPlugin<R> => {
    let plugin = opened.get(configured) as OpenPlugin<R> | undefined;
    if (plugin === undefined) {
      const context: PluginContext = {
        app,
        logger: logger.with({ plugin: configured.name }),
        limits,
      };
      plugin = configured.open(context);
      opened.set(configured, plugin as OpenPlugin<never>);
    }
    return plugin;
  };
  const create = <R extends Role>(role: R, configured: Configured<R>): Roles[R]['is'] => {
    if (configured.roles[role] === undefined)
      throw new ConfigError(role, `${configured.name} is no ${role}`);
    return open(configured).create(role, { registry: keeping, network });
  };

  let found: Promise<Network> | undefined;
  const scope = supportsOf('registry', settings.registry);
  const network = (): Promise<Network> =>
    (found ??= findNetwork(registry, scope, settings).catch((error: unknown) => {
      found = undefined; // the registry may answer the next time
      throw error;
    }));
  const registry: Registry = open(settings.registry).create('registry', {
    registry: noRegistry,
    network,
  });
  const registrations = new Holdings(health, logger);
  const keeping = createKeepingRegistry(registry, registrations);
  const [serving] = settings.transports;
  if (serving === undefined) throw new ConfigError('transport', 'there is none');
  const transports = new Map(
    settings.transports.map((each) => [each.name, create('transport', each)] as const),
  );
  const { selector, validation, codecs = [], broker } = settings;
  return {
    registry,
    registryName: settings.registry.name,
    transports,
    transportSupports: supportsOf('transport', serving),
    broker: create('broker', broker),
    brokerName: broker.name,
    brokerSupports: supportsOf('broker', broker),
    selector: selector === undefined ? leastInFlight : create('selector', selector),
    codecs: codecs.map((each) => create('codec', each)),
    validation: validation === undefined ? undefined : create('validation', validation),
    network,
    async close() {
      await registrations.close();
      await Promise.allSettled([...opened.values()].map((plugin) => plugin.close()));
    },
  };
}

function supportsOf<R extends Role>(role: R, configured: Configured<R>): Roles[R]['supports'] {
  const declared = configured.roles[role];
  if (declared === undefined) throw new ConfigError(role, `${configured.name} is no ${role}`);
  return declared.supports;
}

const refuse = (): never => {
  throw new ConfigError('registry', 'a registry cannot register in itself');
};
const noRegistry: Registry = {
  register: refuse,
  deregister: refuse,
  lookup: refuse,
  list: refuse,
};
