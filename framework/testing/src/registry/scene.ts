import assert from 'node:assert/strict';
import type { Closable, Node, OpenPlugin, Registry, RegistrySupports } from '@micro-ts/interface';
import type { Later } from '../clause.ts';
import { eventually, same } from '../expect.ts';
import { machine } from '../open.ts';
import type { RegistryKit } from './options.ts';
import { plain } from './sample-node.ts';

/** A watch, and what it has told. */
export interface Followed {
  readonly watch: Closable;
  /** The last word about each service. */
  readonly known: ReadonlyMap<string, readonly Node[]>;
  /** How often the listener was called. */
  readonly told: () => number;
}

/** What each clause about registries has at hand. Nodes and watches go when the test ends. */
export interface RegistryScene {
  readonly supports: RegistrySupports;
  readonly patience: number;
  readonly shortestTtl: number;
  /** The plugin, opened by two apps that see the same medium. */
  readonly one: Registry;
  readonly other: Registry;
  readonly openOne: OpenPlugin<'registry'>;
  /** A name that nothing else uses. */
  service(): string;
  /** Registers through `one` unless told otherwise. */
  register(node: Node, through?: Registry, ttl?: number): Promise<void>;
  /** `undefined` where watches are declared absent, and are. */
  follow(registry: Registry, service?: string): Promise<Followed | undefined>;
  /** Waits until `registry` finds exactly these. */
  finds(registry: Registry, service: string, nodes: readonly Node[], why: string): Promise<void>;
}

/** A ttl that no test outlives, in ms. */
const longTtl = 120_000;

const run = `${process.pid.toString(36)}${Date.now().toString(36)}`;
let services = 0;

export async function registryScene(kit: RegistryKit, later: Later): Promise<RegistryScene> {
  const { configured, open, surroundings } = await machine(kit.plugin, later);
  const patience = kit.patience ?? 5_000;
  const openOne = open();
  const one = openOne.create('registry', surroundings);
  const other = open().create('registry', surroundings);
  const { supports } = configured.roles.registry;
  return {
    supports,
    patience,
    shortestTtl: kit.shortestTtl ?? 2_000,
    one,
    other,
    openOne,
    service: () => `kit${run}n${(services += 1)}`,
    register: async (node, through = one, ttl = longTtl) => {
      await through.register(node, ttl);
      later(() => through.deregister(node).catch(() => undefined));
    },
    follow: async (registry, service) => {
      const followed = await follow(registry, supports, service);
      if (followed !== undefined) later(() => followed.watch.close());
      return followed;
    },
    finds: (registry, service, nodes, why) =>
      eventually(
        async () => same(plain(await registry.lookup(service)), plain(nodes), why),
        patience,
      ),
  };
}

async function follow(
  registry: Registry,
  supports: RegistrySupports,
  service: string | undefined,
): Promise<Followed | undefined> {
  if (!supports.watch) {
    assert.equal(registry.watch, undefined, 'A registry that declares no watch has none.');
    return undefined;
  }
  assert.ok(registry.watch, 'A registry that declares watch has it.');
  const known = new Map<string, readonly Node[]>();
  let told = 0;
  const watch = await registry.watch((changed) => {
    told += 1;
    for (const [name, nodes] of changed) known.set(name, nodes);
  }, service);
  return { watch, known, told: () => told };
}
