import { Handler, Service, Subscribe } from 'micro-ts';
import type { App, Node, RegistryListener } from 'micro-ts';
import { metadata } from 'micro-ts';
import { openDirectory } from './directory.ts';
import { findEndpoint } from './find-endpoint.ts';
import { openWorld, until } from './world.test.fixture.ts';

const node = (id: string, version: string, names: readonly string[]): Node => ({
  ...{ id, version, service: 'shop', address: `${id}:1`, metadata: metadata() },
  endpoints: names.map((name) => ({ name, kind: 'unary', metadata: metadata({ version }) })),
});

/** A registry that is held in the hand, as far as a directory looks at it. */
function held(listed: readonly string[] | Error) {
  let tell: RegistryListener = () => undefined;
  const app = {
    list: async () => {
      if (listed instanceof Error) throw listed;
      return listed;
    },
    watch: async (listener: RegistryListener) => {
      tell = listener;
      return { close: async () => undefined };
    },
  };
  return { app: app as unknown as App, tell: (nodes: Node[]) => tell(new Map([['shop', nodes]])) };
}

describe('a directory', () => {
  it('knows what real services register, and forgets nothing at once', async () => {
    const world = await openWorld(() => undefined);
    const { directory } = world.edge;

    @Service('visitor')
    class Visitor {
      @Handler()
      async come(): Promise<{ ok: true }> {
        return { ok: true };
      }
      @Handler({ internal: true })
      async hide(): Promise<{ ok: true }> {
        return { ok: true };
      }
      @Subscribe('bell')
      async ring(): Promise<void> {
        return undefined;
      }
    }
    let changes = 0;
    const stop = directory.onChange(() => changes++);
    const app = await world.start(new Visitor());
    await until(() => directory.service('visitor') !== undefined);
    expect([...(directory.service('visitor')?.endpoints.keys() ?? [])]).toEqual(['Visitor.Come']);
    expect(directory.services().map(({ service }) => service)).toEqual(['greeter', 'visitor']);
    await app.close();
    await until(() => directory.service('visitor')?.nodes.length === 0);
    expect(() => findEndpoint(directory, 'visitor', 'Visitor.Come')).toThrow(
      'no node of visitor is up',
    );
    expect(changes).toBe(directory.version - 1);
    stop();
    await world.close();
  });

  it('has the endpoints of all versions, each of the newest node that has it', async () => {
    const { app, tell } = held(['shop']);
    const directory = await openDirectory(app);
    tell([
      node('a', '1.9.0', ['Shop.Buy', 'Shop.Old']),
      node('b', '1.10.0', ['Shop.Buy', 'Shop.New']),
    ]);
    const entry = directory.service('shop');
    expect(entry?.nodes.map(({ id }) => id)).toEqual(['b', 'a']);
    expect(
      [...(entry?.endpoints ?? [])].map(([name, { metadata: m }]) => [name, m['version']]),
    ).toEqual([
      ['Shop.Buy', '1.10.0'],
      ['Shop.New', '1.10.0'],
      ['Shop.Old', '1.9.0'],
    ]);
    const filters = ['Shop.Buy', 'Shop.New', 'Shop.Old'].map(
      (name) => findEndpoint(directory, 'shop', name).filters?.version,
    );
    expect(filters).toEqual([undefined, '1.10.0', '1.9.0']);
    await directory.close();
  });

  it('finds an endpoint in any case if it can be one only', async () => {
    const { app, tell } = held(['shop']);
    const directory = await openDirectory(app);
    tell([node('a', '1', ['Shop.Buy', 'Shop.LookAt', 'Shop.Lookat'])]);
    expect(findEndpoint(directory, 'shop', 'shop.BUY').endpoint.name).toBe('Shop.Buy');
    expect(findEndpoint(directory, 'shop', 'Shop.Lookat').endpoint.name).toBe('Shop.Lookat');
    expect(() => findEndpoint(directory, 'shop', 'shop.lookat')).toThrow('has no endpoint');
    expect(() => findEndpoint(directory, '__proto__', 'A.B')).toThrow('no service __proto__');
    await directory.close();
  });

  it('hears of a service that went while the registry was away, and forgets it later', async () => {
    const { app, tell } = held([]);
    const directory = await openDirectory(app, { rememberFor: 100 });
    tell([node('a', '1', ['Shop.Buy'])]);
    expect(directory.service('shop')?.nodes).toHaveLength(1);
    await until(() => directory.service('shop')?.nodes.length === 0);
    expect(directory.service('shop')?.endpoints.size).toBe(1);
    await until(() => directory.service('shop') === undefined);
    expect(directory.services()).toEqual([]);
    await directory.close();
  });

  it('takes no service for unknown before the registry has answered', async () => {
    const { app, tell } = held(new Error('away'));
    const directory = await openDirectory(app);
    expect(() => findEndpoint(directory, 'shop', 'Shop.Buy')).toThrow(
      'the registry does not answer',
    );
    tell([node('a', '1', ['Shop.Buy'])]);
    expect(findEndpoint(directory, 'shop', 'Shop.Buy').service).toBe('shop');
    expect(() => findEndpoint(directory, 'other', 'A.B')).toThrow('no service other is registered');
    await directory.close();
  });
});
