import { resolve } from 'node:path';
import type { Configured, Role } from '@micro-ts/interface';
import type { Config } from './config.ts';
import { defaults } from './defaults.ts';
import type { Environment, Setting } from './environment.ts';
import type { Place } from './place.ts';
import { isConfigured, PluginResolver, readUse } from './resolve-plugin.ts';

/** The plugins of an app, by the names of core's options. */
export interface ChosenPlugins {
  readonly registry: Configured<'registry'>;
  readonly transports: readonly Configured<'transport'>[];
  readonly broker: Configured<'broker'>;
  readonly selector?: Configured<'selector'>;
  readonly codecs: readonly Configured<'codec'>[];
  readonly validation: Configured<'validation'>;
}

/** A plugin that is wanted, and by whom. */
interface Choice {
  readonly use: unknown;
  readonly place: Place;
}

/**
 * Resolves the plugins that the configuration and the environment ask for. A name in the environment
 * takes the place of what the file says; where both mean the same plugin, the file's options stay.
 * @throws ConfigError
 */
export async function choosePlugins(
  config: Config,
  environment: Environment,
  place: Place,
): Promise<ChosenPlugins> {
  const { registry_address, broker_address, transport_address } = environment;
  const one = (use: unknown, name?: Setting<string>): Choice =>
    name === undefined ? { use, place } : override(name.value, name.from, [use], place);
  const registry = at(
    one(config.registry ?? defaults.registry, environment.registry),
    registry_address,
  );
  const broker = at(one(config.broker ?? defaults.broker, environment.broker), broker_address);
  const selector = one(config.selector, environment.selector);
  const validation = one(config.validation ?? defaults.validation);
  const codecs = (config.codecs ?? []).map((use) => one(use));
  const transports = chooseTransports(config, environment, place).map((choice, index) =>
    index === 0 ? at(choice, transport_address) : choice,
  );

  const resolver = new PluginResolver();
  const make = <R extends Role>(role: R, { use, place }: Choice): Promise<Configured<R>> =>
    resolver.resolve(role, use, place);
  // Those with options first: a bare name then means the same plugin with the same options.
  if (hasOptions(registry)) await make('registry', registry);
  for (const transport of transports) if (hasOptions(transport)) await make('transport', transport);
  if (hasOptions(broker)) await make('broker', broker);
  return {
    registry: await make('registry', registry),
    transports: await Promise.all(transports.map((choice) => make('transport', choice))),
    broker: await make('broker', broker),
    ...(selector.use !== undefined && { selector: await make('selector', selector) }),
    codecs: await Promise.all(codecs.map((choice) => make('codec', choice))),
    validation: await make('validation', validation),
  };
}

function chooseTransports(
  config: Config,
  environment: Environment,
  place: Place,
): readonly Choice[] {
  const uses = transportsOf(config.transport ?? defaults.transport);
  const named = environment.transport;
  if (named === undefined) return uses.map((use) => ({ use, place }));
  return named.value.map((name) => override(name, named.from, uses, place));
}

/** The plugins of `transport`: one, or a list, which a name with its options only looks like. */
function transportsOf(transport: unknown): readonly unknown[] {
  if (!Array.isArray(transport)) return [transport];
  const [, second] = transport as readonly unknown[];
  const isTuple = typeof second === 'object' && !Array.isArray(second) && !isConfigured(second);
  return isTuple ? [transport] : transport;
}

/** What the environment names: of `uses` if it is among them, or without options. */
function override(name: string, from: string, uses: readonly unknown[], place: Place): Choice {
  const same = uses.find((use) => nameOf(use) === name);
  if (same !== undefined) return { use: same, place };
  // A path that is typed on a command line starts where the command runs.
  return { use: /^\.{1,2}\//.test(name) ? resolve(name) : name, place: { ...place, from } };
}

const nameOf = (use: unknown): string | undefined =>
  isConfigured(use) ? use.name : readUse(use)?.name;

const at = ({ use, place }: Choice, address: Setting<string> | undefined): Choice => ({
  use,
  place: { ...place, address },
});

const hasOptions = ({ use, place }: Choice): boolean =>
  place.address !== undefined || isConfigured(use) || readUse(use)?.options !== undefined;
