import { resolve } from 'node:path';
import { ConfigError, defaultLimits, definePlugin } from '@micro-ts/interface';
import type { Configured, Registry, Role } from '@micro-ts/interface';
import { ConsoleLogger } from '@micro-ts/core';
import { choosePlugins } from './choose-plugins.ts';
import { readEnvironment } from './environment.ts';
import { install, link, pluginSource, temporaryFolder, write } from './packages.test.fixture.ts';
import { installedNames, officialNames } from './plugin-packages.ts';
import { PluginResolver } from './resolve-plugin.ts';

const folder = temporaryFolder();
const place = { from: 'micro.config.ts', folder };

beforeAll(() => {
  link(folder, '@micro-ts/interface', 'valibot');
  const address =
    "v.strictObject({ address: v.optional(v.string(), 'here'), ttl: v.optional(v.number()) })";
  install(folder, '@micro-ts/etcd', pluginSource('etcd', ['registry'], address));
  const servers = 'v.strictObject({ servers: v.optional(v.array(v.string()), []) })';
  install(
    folder,
    '@micro-ts/nats',
    pluginSource('nats', ['registry', 'transport', 'broker'], servers),
  );
  install(folder, '@acme/all', pluginSource('@acme/all', ['transport', 'validation']));
  install(folder, '@acme/codec', pluginSource('@acme/codec', ['codec']));
  install(folder, 'plain-plugin', pluginSource('plain-plugin', ['broker']));
  install(folder, 'left-pad', 'export default (text) => text;');
  install(folder, '@acme/broken', 'throw new Error("no such luck");');
  write(folder, 'own.ts', pluginSource('own', ['registry'], address));
});

const supports = { ttl: true, watch: false, scope: 'host' } as const;
function create(): Registry {
  throw new Error('not to be opened');
}

const resolvePlugin = (role: Role, use: unknown, more: object = {}): Promise<Configured> =>
  new PluginResolver().resolve(role, use, { ...place, ...more });

/** What a role's instance was created with. */
function optionsOf(configured: Configured<'registry'> | Configured<'broker'>): unknown {
  const context = { app: 'a', logger: new ConsoleLogger('silent'), limits: defaultLimits };
  const plugin = (configured as Configured).open(context);
  const [role = 'registry'] = Object.keys(configured.roles) as Role[];
  const network = () => Promise.reject(new Error('none'));
  return Reflect.get(plugin.create(role, { registry: {} as never, network }), 'options');
}

describe('a plugin', () => {
  const own = definePlugin({
    name: 'mine',
    roles: { selector: { supports: {}, create: () => ({ select: ([first]) => first! }) } },
  });

  it.each<[string, Role, unknown, string]>([
    ['by a name of ours', 'registry', 'etcd', 'etcd'],
    ['by a name with options', 'registry', ['etcd', { address: 'x' }], 'etcd'],
    ['by a name alone in a list', 'registry', ['etcd'], 'etcd'],
    ['by the package of ours', 'registry', '@micro-ts/etcd', 'etcd'],
    ["by somebody else's package", 'codec', '@acme/codec', '@acme/codec'],
    ['by a package without a scope', 'broker', 'plain-plugin', 'plain-plugin'],
    ['by a file', 'registry', './own.ts', 'own'],
    ['by a file with options', 'registry', ['./own.ts', { ttl: 1 }], 'own'],
    ['by value', 'selector', own(), 'mine'],
    ['by value, not called', 'selector', own, 'mine'],
    ['that is embedded', 'registry', 'memory', 'memory'],
    ['that is a selector of core', 'selector', 'round-robin', 'round-robin'],
  ])('is found %s', async (_how, role, use, name) => {
    expect((await resolvePlugin(role, use)).name).toBe(name);
  });

  it('is made once for equal options, and for bare names after them', async () => {
    const resolver = new PluginResolver();
    const first = await resolver.resolve('registry', ['nats', { servers: ['a'] }], place);
    expect(await resolver.resolve('broker', ['nats', { servers: ['a'] }], place)).toBe(first);
    expect(await resolver.resolve('transport', 'nats', place)).toBe(first);
    expect(await resolver.resolve('broker', ['nats', { servers: ['b'] }], place)).not.toBe(first);
  });

  it('is not shared between options that only look equal', async () => {
    const resolver = new PluginResolver();
    const network = (): Promise<unknown> =>
      import('@micro-ts/memory').then(({ MemoryNetwork }) => new MemoryNetwork());
    const use = async () => ['memory', { network: await network() }];
    const first = await resolver.resolve('registry', await use(), place);
    expect(await resolver.resolve('registry', await use(), place)).not.toBe(first);
  });
});

describe('what cannot be resolved', () => {
  it.each<[Role, unknown, string]>([
    [
      'registry',
      'etdc',
      'registry: there is no plugin "etdc" (micro.config.ts)\n  Did you mean "etcd"?',
    ],
    [
      'registry',
      'zookeeper',
      'registry: there is no plugin "zookeeper" (micro.config.ts)\n  Installed: consul, etcd, http, ',
    ],
    [
      'broker',
      '@acme/kafka',
      'broker: @acme/kafka is not installed (micro.config.ts)\n  npm install @acme/kafka',
    ],
    ['registry', './nothing.ts', `registry: there is no file ${resolve(folder, 'nothing.ts')} (`],
    [
      'codec',
      'left-pad',
      'codec: left-pad is no plugin of Micro (micro.config.ts)\n' +
        '  A plugin is a package whose default export was made by definePlugin',
    ],
    [
      'broker',
      '@acme/broken',
      'broker: @acme/broken cannot be loaded (micro.config.ts): no such luck',
    ],
    [
      'transport',
      'etcd',
      'transport: etcd is no transport, only registry (micro.config.ts)\n' +
        '  Installed plugins that are: ',
    ],
    ['broker', { servers: 'x' }, 'broker: names no plugin (micro.config.ts)\n  Write a name'],
    ['broker', ['nats', {}, 1], 'broker: names no plugin (micro.config.ts)'],
    ['broker', ['nats', 'x'], 'broker: names no plugin (micro.config.ts)'],
    ['broker', '', 'broker: names no plugin (micro.config.ts)'],
    ['broker', 5, 'broker: names no plugin (micro.config.ts)'],
    ['registry', '__proto__', 'registry: there is no plugin "__proto__"'],
  ])('as %s: %j', async (role, use, message) => {
    const error: unknown = await resolvePlugin(role, use).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain(message);
  });

  it('as a plugin of ours that is not installed', async () => {
    const name = officialNames.find((each) => !installedNames(folder).includes(each));
    if (name === undefined) return;
    await expect(resolvePlugin('registry', name)).rejects.toThrow(
      `registry: @micro-ts/${name} is not installed (micro.config.ts)\n  npm install @micro-ts/${name}`,
    );
    await expect(resolvePlugin('registry', 'zookeeper')).rejects.toThrow(
      new RegExp(`To be had: .*\\b${name}`),
    );
  });

  it('names the plugins at hand that play the role', async () => {
    await expect(resolvePlugin('transport', 'etcd')).rejects.toThrow(/that are: .*\bnats\b/);
  });

  it.each<[unknown, string]>([
    [['etcd', { adress: 'x' }], 'registry.adress: '],
    [['etcd', { adress: 'x' }], '(etcd, in micro.config.ts)\n  Did you mean "address"?'],
    [['etcd', { verbose: true }], 'Options of etcd: address, ttl'],
    [['etcd', { address: 5 }], 'registry.address: Invalid type: Expected string but received 5'],
    [['@acme/codec', {}], 'codec: takes no options (@acme/codec, in micro.config.ts)'],
  ])('wrong options: %j', async (use, message) => {
    const role = message.startsWith('codec') ? 'codec' : 'registry';
    await expect(resolvePlugin(role, use)).rejects.toThrow(message);
  });
});

describe('choosePlugins', () => {
  const config = {
    registry: ['etcd', { address: 'a', ttl: 5 }],
    transport: ['@acme/all', ['nats', { servers: ['n'] }]],
    broker: 'nats',
    validation: '@acme/all',
  };
  const choose = async (file: object, variables: Record<string, string>, ...args: string[]) => {
    const environment = readEnvironment(variables, args);
    const { registry, transports, broker, selector } = await choosePlugins(
      Object.assign({}, config, file) as object,
      environment,
      place,
    );
    return {
      registry: [registry.name, optionsOf(registry)],
      transports: transports.map(({ name }) => name),
      broker: [broker.name, optionsOf(broker)],
      selector: selector?.name,
      shared: transports.map((each) => Object.is(each, broker)),
    };
  };
  const etcd = { address: 'a', ttl: 5 };

  it('takes what the file says, and shares a plugin between its roles', async () => {
    expect(await choose({}, {})).toEqual({
      registry: ['etcd', etcd],
      transports: ['@acme/all', 'nats'],
      broker: ['nats', { servers: ['n'] }],
      selector: undefined,
      shared: [false, true],
    });
  });

  it('takes another plugin from the environment, without the options of the first', async () => {
    const chosen = await choose(
      {},
      { MICRO_REGISTRY: 'nats', MICRO_REGISTRY_ADDRESS: 'x, y', MICRO_SELECTOR: 'round-robin' },
      '--broker=plain-plugin',
    );
    expect(chosen).toMatchObject({
      registry: ['nats', { servers: ['x', 'y'] }],
      broker: ['plain-plugin', undefined],
      selector: 'round-robin',
    });
  });

  it('keeps the options of the file for the same plugin, and changes its address', async () => {
    const named = await choose({}, { MICRO_REGISTRY: 'etcd' });
    expect(named.registry).toEqual(['etcd', etcd]);
    const moved = await choose({}, { MICRO_REGISTRY: 'etcd' }, '--registry-address=b');
    expect(moved.registry).toEqual(['etcd', { ...etcd, address: 'b' }]);
    const onlyMoved = await choose({}, { MICRO_REGISTRY_ADDRESS: 'c' });
    expect(onlyMoved.registry).toEqual(['etcd', { ...etcd, address: 'c' }]);
    const several = await choose({}, { MICRO_REGISTRY_ADDRESS: 'c,d' });
    expect(several.registry).toEqual(['etcd', { ...etcd, address: 'c,d' }]);
  });

  it('takes a list of transports; the address is that of the first', async () => {
    const { transports, shared } = await choose({}, {}, '--transport=nats,@acme/all');
    expect([transports, shared]).toEqual([
      ['nats', '@acme/all'],
      [true, false],
    ]);
    const error: unknown = await choose({}, { MICRO_TRANSPORT_ADDRESS: 'x' }).catch(
      (e: unknown) => e,
    );
    expect(String(error)).toBe(
      'ConfigError: MICRO_TRANSPORT_ADDRESS: tells @acme/all an address, and it has none',
    );
  });

  it.each<[object, Record<string, string>, string]>([
    [
      {},
      { MICRO_REGISTRY: '@micro-ts/absent' },
      'registry: @micro-ts/absent is not installed (MICRO_REGISTRY)\n  npm install @micro-ts/absent',
    ],
    [{}, { MICRO_BROKER: 'etcd' }, 'broker: etcd is no broker, only registry (MICRO_BROKER)'],
    [
      { registry: definePlugin({ name: 'own', roles: { registry: { supports, create } } })() },
      { MICRO_REGISTRY_ADDRESS: 'a' },
      'MICRO_REGISTRY_ADDRESS: cannot change own, which micro.config.ts gives by value\n' +
        "  Give it by name, as in ['own', { … }], or leave MICRO_REGISTRY_ADDRESS out",
    ],
    [{}, { MICRO_REGISTRY: './x.ts' }, `registry: there is no file ${resolve('x.ts')} (`],
  ])('refuses %j %j', async (file, variables, message) => {
    await expect(choose(file, variables)).rejects.toThrow(message);
  });
});
