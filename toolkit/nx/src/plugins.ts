import { UsageError } from './usage-error.ts';

/** Plugins that can be chosen, by role; the first is the default. */
export const plugins = {
  registry: ['local', 'mdns', 'etcd', 'consul', 'nats', 'redis'],
  transport: ['http', 'nats', 'rabbitmq'],
  broker: ['http', 'nats', 'redis', 'rabbitmq'],
} as const;

type ChosenRole = keyof typeof plugins;

/** The name of a plugin for each role that has one. */
export type Infrastructure = Readonly<Record<ChosenRole, string>>;

const embedded: ReadonlySet<string> = new Set(['local', 'http']);

/**
 * The plugins that were asked for, with defaults for those that were not.
 * @throws UsageError for one that does not play the role
 */
export function chooseInfrastructure(asked: Partial<Infrastructure>): Infrastructure {
  return {
    registry: choose('registry', asked.registry),
    transport: choose('transport', asked.transport),
    broker: choose('broker', asked.broker),
  };
}

function choose(role: ChosenRole, asked: string | undefined): string {
  const known: readonly string[] = plugins[role];
  const name = asked ?? plugins[role][0];
  if (known.includes(name)) return name;
  throw new UsageError(`--${role} ${name} is not known; these are: ${known.join(', ')}`);
}

/** Packages of the plugins that do not come with micro-ts. */
export function packagesOf({ registry, transport, broker }: Infrastructure): readonly string[] {
  const names = [registry, transport, broker].filter((name) => !embedded.has(name));
  return [...new Set(names)].sort().map((name) => `@micro-ts/${name}`);
}
