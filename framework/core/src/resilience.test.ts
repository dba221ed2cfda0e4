// How calls meet nodes that fail: a registry that is held in the hand, and a transport that does as told.
import { closable, definePlugin, metadata, MicroError } from '@micro-ts/interface';
import type { ConnectionState, Exchange, Losable, Node, Registry } from '@micro-ts/interface';
import type { RegistryListener, Transport } from '@micro-ts/interface';
import memory from '@micro-ts/memory';
import { createApp } from './index.ts';
import type { App } from './index.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => logger };
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(test: () => boolean): Promise<void> {
  for (let left = 500; !test(); left--) {
    if (left === 0) throw new Error('never');
    await wait(10);
  }
}

const nodeOf = (id: string, own: Partial<Node> = {}): Node => ({
  id,
  service: 'shop',
  version: '1',
  address: `${id}:1`,
  metadata: metadata(),
  endpoints: [
    { name: 'Shop.Buy', kind: 'unary', metadata: metadata() },
    { name: 'Shop.Look', kind: 'unary', metadata: metadata({ idempotent: 'true' }) },
  ],
  ...own,
});

/** The nodes of one service, told to whoever watches; the watch can be cut. */
class World implements Registry {
  nodes: Node[] = [];
  watches = new Map<Losable, RegistryListener>();
  away = false;
  /** What a node does with a call; answers by default. */
  readonly behaviour = new Map<string, Exchange>();
  readonly unreachable = new Set<string>();
  readonly connections = new Map<string, { life: Losable; state(now: ConnectionState): void }>();
  readonly calls: string[] = [];
  dials = 0;

  tell(): void {
    for (const listener of this.watches.values()) listener(new Map([['shop', [...this.nodes]]]));
  }
  set(...nodes: Node[]): void {
    this.nodes = nodes;
    this.tell();
  }
  async register(): Promise<void> {}
  async deregister(): Promise<void> {}
  async lookup(): Promise<readonly Node[]> {
    return this.nodes;
  }
  async list(): Promise<readonly string[]> {
    return ['shop'];
  }
  async watch(listener: RegistryListener) {
    if (this.away) throw new Error('away');
    const watch = closable(() => this.watches.delete(watch));
    this.watches.set(watch, listener);
    listener(new Map([['shop', [...this.nodes]]]));
    return watch;
  }

  readonly transport: Transport = {
    connect: async ({ address }) => {
      this.dials++;
      const id = address.slice(0, -2);
      if (this.unreachable.has(id))
        throw new MicroError('unavailable', 'refused', { refused: true });
      let told: (state: ConnectionState) => void = () => undefined;
      const life = closable(() => undefined);
      this.connections.set(id, { life, state: (now) => told(now) });
      const exchange: Exchange = async (call) => {
        this.calls.push(`${id} ${call.attempt}`);
        const own = this.behaviour.get(id);
        if (own !== undefined) return own(call);
        return { contentType: call.contentType, metadata: metadata(), body: Buffer.from('{}') };
      };
      return { ...life, exchange, onState: (listener) => (told = listener) };
    },
    listen: () => Promise.reject(new Error('nobody listens here')),
  };

  async app(): Promise<App> {
    const supports = { streams: true, cancel: true, grace: 0 };
    const plugin = definePlugin({
      name: 'world',
      roles: {
        registry: { supports: { ttl: false, watch: true, scope: 'host' }, create: () => this },
        transport: { supports, create: () => this.transport },
      },
    })();
    return createApp({ registry: plugin, transports: [plugin], broker: memory(), logger });
  }
}

const fail =
  (code: 'unavailable' | 'internal' | 'not_found', refused = false): Exchange =>
  async () => {
    throw new MicroError(code, 'told to', { refused });
  };

describe('a client', () => {
  let world: World;
  let app: App;
  beforeEach(async () => {
    world = new World();
    app = await world.app();
  });
  afterEach(() => app.close());

  const buy = (timeout = 1_000): Promise<unknown> => app.call('shop', 'Shop.Buy', {}, { timeout });
  const look = (timeout = 1_000): Promise<unknown> =>
    app.call('shop', 'Shop.Look', {}, { timeout });

  it('tries another node when a call was refused', async () => {
    world.set(nodeOf('a'), nodeOf('b'));
    world.behaviour.set('a', fail('unavailable', true));
    for (let n = 0; n < 20; n++) await buy();
    expect(world.calls.some((call) => call === 'a 1')).toBe(true);
    expect(world.calls.filter((call) => call.endsWith('2')).every((c) => c === 'b 2')).toBe(true);
  });

  it('does not repeat what may have run, unless it is idempotent', async () => {
    world.set(nodeOf('a'));
    world.behaviour.set('a', fail('unavailable'));
    await expect(buy()).rejects.toMatchObject({ code: 'unavailable' });
    expect(world.calls).toEqual(['a 1']);
    await expect(look()).rejects.toMatchObject({ code: 'unavailable' });
    expect(world.calls).toEqual(['a 1', 'a 1', 'a 2', 'a 3']);
  });

  it('does not repeat what would fail again', async () => {
    world.set(nodeOf('a'), nodeOf('b'));
    for (const id of ['a', 'b']) world.behaviour.set(id, fail('not_found'));
    await expect(look()).rejects.toMatchObject({ code: 'not_found' });
    expect(world.calls).toHaveLength(1);
  });

  it('stops repeating when the budget is used up', async () => {
    world.set(nodeOf('a'));
    world.behaviour.set('a', fail('unavailable'));
    const calls = 200;
    for (let n = 0; n < calls; n++) await look().catch(() => undefined);
    const retries = world.calls.length - calls;
    expect(retries).toBeGreaterThanOrEqual(100);
    expect(retries).toBeLessThan(140);
  });

  it('leaves a node alone whose connection was lost, and comes back to it', async () => {
    world.set(nodeOf('a'), nodeOf('b'));
    for (let n = 0; n < 20; n++) await buy();
    world.unreachable.add('a');
    world.connections.get('a')?.life.lose('gone');
    await wait(0);
    world.calls.length = 0;
    for (let n = 0; n < 20; n++) await buy();
    expect(world.calls.every((call) => call === 'b 1')).toBe(true);
    world.unreachable.delete('a');
    world.calls.length = 0;
    const back = (): boolean => world.calls.includes('a 1');
    for (let n = 0; n < 500 && !back(); n++) {
      await buy();
      await wait(10);
    }
    expect(back()).toBe(true);
  });

  it('never gives up the last node, and fails fast while it cannot be reached', async () => {
    world.set(nodeOf('a'));
    world.unreachable.add('a');
    await expect(buy()).rejects.toMatchObject({ code: 'unavailable', refused: true });
    const began = performance.now();
    for (let n = 0; n < 50; n++) await buy().catch(() => undefined);
    expect(performance.now() - began).toBeLessThan(900);
    expect(world.dials).toBeLessThan(20);
    world.unreachable.delete('a');
    await until(() => world.connections.has('a'));
    await expect(buy()).resolves.toEqual({});
  });

  it('is not put off by errors of handlers', async () => {
    world.set(nodeOf('a'));
    world.behaviour.set('a', fail('internal'));
    for (let n = 0; n < 10; n++) await buy().catch(() => undefined);
    world.behaviour.delete('a');
    await expect(buy()).resolves.toEqual({});
  });

  it('dials once for all calls that wait for it', async () => {
    world.set(nodeOf('a'));
    await Promise.all(Array.from({ length: 50 }, () => buy()));
    expect(world.dials).toBe(1);
  });

  it('does not choose a suspect node, but has no other if there is none', async () => {
    world.set(nodeOf('a'), nodeOf('b'));
    for (let n = 0; n < 20; n++) await buy();
    world.connections.get('a')?.state('suspect');
    world.calls.length = 0;
    for (let n = 0; n < 20; n++) await buy();
    expect(new Set(world.calls)).toEqual(new Set(['b 1']));
    world.connections.get('b')?.state('suspect');
    await expect(buy()).resolves.toEqual({});
    world.connections.get('a')?.state('ready');
    world.calls.length = 0;
    for (let n = 0; n < 5; n++) await buy();
    expect(new Set(world.calls)).toEqual(new Set(['a 1']));
  });

  it('waits for a new node when the only one drains', async () => {
    world.set(nodeOf('a'));
    await buy();
    world.connections.get('a')?.state('draining');
    const call = buy(3_000);
    await wait(300);
    world.set(nodeOf('b'));
    await expect(call).resolves.toEqual({});
    expect(world.calls.at(-1)).toBe('b 1');
  });

  it('waits a moment for the first node of a service', async () => {
    const call = buy(3_000);
    await wait(200);
    world.set(nodeOf('a'));
    await expect(call).resolves.toEqual({});
  });

  it('says so when there is none', async () => {
    await expect(buy(500)).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await expect(buy(4_000)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('keeps what it knows while the registry is away, and when it comes back empty', async () => {
    world.set(nodeOf('a'));
    await buy();
    world.away = true;
    for (const watch of [...world.watches.keys()]) watch.lose('registry died');
    await wait(50);
    await expect(buy()).resolves.toEqual({});
    world.nodes = [];
    world.away = false;
    await until(() => world.watches.size > 0);
    await expect(buy()).resolves.toEqual({});
    world.set(nodeOf('b'));
    await wait(10);
    world.calls.length = 0;
    for (let n = 0; n < 30; n++) await buy();
    expect(world.calls).toContain('b 1');
  });

  it('chooses by filters, address and selector', async () => {
    world.set(
      nodeOf('a', { version: '1', metadata: metadata({ zone: 'eu' }) }),
      nodeOf('b', { version: '2', metadata: metadata({ zone: 'us' }) }),
    );
    const to = async (options: object): Promise<string | undefined> => {
      await app.call('shop', 'Shop.Buy', {}, options);
      return world.calls.at(-1)?.slice(0, 1);
    };
    for (let n = 0; n < 10; n++) {
      expect(await to({ filters: { version: '2' } })).toBe('b');
      expect(await to({ filters: { zone: 'eu' } })).toBe('a');
      expect(await to({ address: 'c:1' })).toBe('c');
    }
    await expect(to({ filters: { version: '3' } })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('filters') as string,
    });
  });

  it('spreads calls by what is in flight', async () => {
    world.set(nodeOf('slow'), nodeOf('fast'));
    world.behaviour.set('slow', async (call) => {
      await wait(100);
      return { contentType: call.contentType, metadata: metadata(), body: Buffer.from('{}') };
    });
    let left = 400;
    const lane = async (): Promise<void> => {
      while (left-- > 0) {
        await buy(5_000);
        await wait(1);
      }
    };
    await Promise.all(Array.from({ length: 16 }, lane));
    const slow = world.calls.filter((call) => call.startsWith('slow')).length;
    expect(slow).toBeLessThan(120);
  });
});
