// How calls meet nodes that fail.
import { setTimeout as pause } from 'node:timers/promises';
import { metadata, MicroError } from '@micro-ts/interface';
import type { Exchange, Selector } from '@micro-ts/interface';
import { Health } from './health.ts';
import type { App } from './index.ts';
import { Resolver } from './resolver.ts';
import { failureOf, hang, nodeOf, recorder, until, World } from './world.test.fixture.ts';

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
    await pause(0);
    world.calls.length = 0;
    for (let n = 0; n < 20; n++) await buy();
    expect(world.calls.every((call) => call === 'b 1')).toBe(true);
    world.unreachable.delete('a');
    world.calls.length = 0;
    const back = (): boolean => world.calls.includes('a 1');
    for (let n = 0; n < 500 && !back(); n++) {
      await buy();
      await pause(10);
    }
    expect(back()).toBe(true);
  });

  it('never gives up the last node, and fails fast while it cannot be reached', async () => {
    world.set(nodeOf('a'));
    world.unreachable.add('a');
    await expect(buy()).rejects.toMatchObject({ code: 'unavailable', refused: true });
    const began = performance.now();
    for (let n = 0; n < 50; n++) await buy().catch(() => undefined);
    expect(performance.now() - began).toBeLessThan(8_000); // 50 s if each waited
    expect(world.dials).toBeLessThan(30);
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
    await pause(300);
    world.set(nodeOf('b'));
    await expect(call).resolves.toEqual({});
    expect(world.calls.at(-1)).toBe('b 1');
  });

  it('waits a moment for the first node of a service', async () => {
    const call = buy(3_000);
    await pause(200);
    world.set(nodeOf('a'));
    await expect(call).resolves.toEqual({});
  });

  it('says so when there is none, and when the deadline comes first', async () => {
    const message = 'no service shop is registered';
    await expect(buy(500)).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: `the deadline has passed: ${message}`,
    });
    await expect(buy(4_000)).rejects.toMatchObject({ code: 'not_found', message });
  });

  it('keeps what it knows while the registry is away, and when it comes back empty', async () => {
    world.set(nodeOf('a'));
    await buy();
    world.away = true;
    for (const watch of [...world.watches.keys()]) watch.lose('registry died');
    await pause(50);
    await expect(buy()).resolves.toEqual({});
    world.nodes = [];
    world.away = false;
    await until(() => world.watches.size > 0);
    await expect(buy()).resolves.toEqual({});
    world.set(nodeOf('b'));
    await pause(10);
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

  it('tries a third node when two have refused', async () => {
    world.set(nodeOf('a'), nodeOf('b'), nodeOf('c'));
    for (const id of ['a', 'b']) world.behaviour.set(id, fail('unavailable', true));
    for (let n = 0; n < 40; n++) await buy();
  });

  it('never sends a stream again that was read by somebody in between', async () => {
    const reread: string[] = [];
    const mine = await world.app({
      interceptors: {
        client: [
          (next) => (call) => {
            const source = call.request as AsyncIterable<unknown>;
            const each = async function* () {
              for await (const value of source) yield value;
            };
            return next(call.with({ request: each() }));
          },
        ],
      },
    });
    world.set(nodeOf('a'), nodeOf('b'));
    const refuse: Exchange = async ({ body }) => {
      let text = '';
      for await (const chunk of body as AsyncIterable<Uint8Array>) text += Buffer.from(chunk);
      reread.push(text);
      throw new MicroError('unavailable', 'too late', { refused: true });
    };
    for (const id of ['a', 'b']) world.behaviour.set(id, refuse);
    const call = mine.call('shop', 'Shop.Fill', [{ n: 1 }], { timeout: 2_000 });
    expect((await failureOf(call)).code).toBe('unavailable');
    expect(reread).toEqual(['{"n":1}']);
    await mine.close();
  });

  it('waits for a new node when the only one that passes the filters drains', async () => {
    world.set(nodeOf('a', { version: '1' }), nodeOf('b', { version: '2' }));
    const options = { timeout: 3_000, filters: { version: '2' } };
    const second = (): Promise<unknown> => app.call('shop', 'Shop.Buy', {}, options);
    await second();
    world.connections.get('b')?.state('draining');
    const call = second();
    call.catch(() => undefined);
    await pause(100);
    world.set(nodeOf('a', { version: '1' }), nodeOf('c', { version: '2' }));
    await expect(call).resolves.toEqual({});
    expect(world.calls.at(-1)).toBe('c 1');
  });

  it('comes back to a suspect node whose connection was closed as planned', async () => {
    world.set(nodeOf('a'), nodeOf('b'));
    for (let n = 0; n < 20; n++) await buy();
    world.connections.get('a')?.state('suspect');
    await world.connections.get('a')?.life.close();
    await pause(0);
    world.calls.length = 0;
    for (let n = 0; n < 30; n++) await buy();
    expect(world.calls).toContain('a 1');
  });

  it('closes the connections that drain, too', async () => {
    world.set(nodeOf('a'));
    await buy();
    const { life, state } = world.connections.get('a') ?? {};
    state?.('draining');
    await app.close();
    let closed = false;
    void life?.closed.then(() => (closed = true));
    await pause(0);
    expect(closed).toBe(true);
  });

  it('closes the connections of nodes that leave while they drain', async () => {
    world.set(nodeOf('a'));
    await buy();
    const { life, state } = world.connections.get('a') ?? {};
    state?.('draining');
    world.set();
    let closed = false;
    void life?.closed.then(() => (closed = true));
    await pause(0);
    expect(closed).toBe(true);
  });

  it('is not put off by a registry that says again and again that there is nobody', async () => {
    world.set(nodeOf('a'));
    await buy();
    world.set();
    const telling = setInterval(() => world.tell(), 50);
    await pause(2_300);
    const began = performance.now();
    await expect(buy(5_000)).rejects.toMatchObject({ code: 'unavailable' });
    clearInterval(telling);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('hears nothing of a service in news of others', async () => {
    world.set(nodeOf('a'));
    await buy();
    for (const listener of world.watches.values()) listener(new Map([['other', []]]));
    await expect(buy(500)).resolves.toEqual({});
  });

  it('fails what waits for nodes when the app closes', async () => {
    const call = failureOf(buy(10_000));
    await pause(50);
    const began = performance.now();
    await app.close();
    expect((await call).code).toBe('unavailable');
    expect(performance.now() - began).toBeLessThan(1_000);
    expect((await failureOf(buy())).message).toContain('closed');
    const direct = app.call('shop', 'Shop.Buy', {}, { address: 'c:1', timeout: 500 });
    expect((await failureOf(direct)).message).toContain('closed');
    expect(world.dials).toBe(0);
  });

  it('calls an answer that cannot be read by its name', async () => {
    world.set(nodeOf('a'));
    world.behaviour.set('a', async ({ contentType }) => {
      return { contentType, metadata: metadata(), body: Buffer.from('{"half":') };
    });
    expect((await failureOf(buy())).code).toBe('data_loss');
  });

  it('counts the time that it waits for the first node', async () => {
    const mine = await world.app({ deadline: 2_000 });
    let left = Infinity;
    world.behaviour.set('a', (call) => {
      left = call.lifetime.left;
      return hang(call);
    });
    const call = failureOf(mine.call('shop', 'Shop.Buy'));
    await pause(500);
    world.set(nodeOf('a'));
    expect((await call).code).toBe('deadline_exceeded');
    expect(left).toBeLessThan(1_600);
    await mine.close();
  });

  it('lets go of a node whose streams nobody reads, when their time is over', async () => {
    world.set(nodeOf('a'));
    let left = 0;
    world.behaviour.set('a', async ({ contentType }) => {
      const body = {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<never>(() => undefined),
          return: async () => ({ done: true as const, value: undefined, left: left++ }),
        }),
      };
      return { contentType, metadata: metadata(), body };
    });
    let inFlight = -1;
    const selector: Selector = {
      select(candidates) {
        inFlight = candidates[0]?.inFlight ?? -1;
        return candidates[0]!;
      },
    };
    for (let n = 0; n < 3; n++) await app.call('shop', 'Shop.List', {}, { timeout: 100 });
    await pause(250);
    world.behaviour.delete('a');
    await app.call('shop', 'Shop.Buy', {}, { selector });
    expect([inFlight, left]).toEqual([0, 3]);
  });

  it('tells the reader of a stream why it ended, also when he was not waiting', async () => {
    world.set(nodeOf('a'));
    world.behaviour.set('a', async ({ contentType }) => {
      const body = (async function* () {
        for (;;) yield Buffer.from('{}');
      })();
      return { contentType, metadata: metadata(), body };
    });
    const answer = await app.call('shop', 'Shop.List', {}, { timeout: 80 });
    const stream = (answer as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    await stream.next();
    await pause(200);
    expect((await failureOf(stream.next())).code).toBe('deadline_exceeded');
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it.each(['abc', '-5', '0', ''])('takes no deadline of %j from a record', async (timeout) => {
    const mine = await world.app({ deadline: 300 });
    const endpoint = { name: 'Shop.Buy', kind: 'unary' } as const;
    world.set(nodeOf('a', { endpoints: [{ ...endpoint, metadata: metadata({ timeout }) }] }));
    world.behaviour.set('a', async (call) => {
      const { left } = call.lifetime;
      if (!(left > 1)) throw new MicroError('internal', `${left} ms are left`);
      return hang(call);
    });
    expect((await failureOf(mine.call('shop', 'Shop.Buy'))).code).toBe('deadline_exceeded');
    await mine.close();
  });

  it('keeps the connection of a stream that runs on while nobody calls', async () => {
    jest.useFakeTimers({ doNotFake: ['performance', 'nextTick', 'setImmediate'] });
    try {
      const mine = await world.app();
      world.set(nodeOf('a'));
      world.behaviour.set('a', async ({ contentType }) => {
        const body = (async function* () {
          for (;;) yield Buffer.from('{}');
        })();
        return { contentType, metadata: metadata(), body };
      });
      const answer = (await mine.call('shop', 'Shop.List')) as AsyncIterable<unknown>;
      const stream = answer[Symbol.asyncIterator]();
      await stream.next();
      const { life } = world.connections.get('a') ?? {};
      let closed = false;
      void life?.closed.then(() => (closed = true));
      await jest.advanceTimersByTimeAsync(400_000);
      expect(closed).toBe(false);
      await stream.return?.();
      await jest.advanceTimersByTimeAsync(400_000);
      expect(closed).toBe(true);
      await mine.close();
    } finally {
      jest.useRealTimers();
    }
  });

  it('forgets addresses that nobody calls any more', async () => {
    jest.useFakeTimers({ doNotFake: ['performance', 'nextTick', 'setImmediate'] });
    try {
      const mine = await world.app();
      world.unreachable.add('c');
      await mine.call('shop', 'Shop.Buy', {}, { address: 'c:1' }).catch(() => undefined);
      await jest.advanceTimersByTimeAsync(400_000);
      const before = world.dials;
      await jest.advanceTimersByTimeAsync(100_000);
      expect(world.dials).toBe(before);
      await mine.close();
    } finally {
      jest.useRealTimers();
    }
  });

  it('spreads calls by what is in flight', async () => {
    world.set(nodeOf('slow'), nodeOf('fast'));
    world.behaviour.set('slow', async (call) => {
      await pause(100);
      return { contentType: call.contentType, metadata: metadata(), body: Buffer.from('{}') };
    });
    let left = 400;
    const lane = async (): Promise<void> => {
      while (left-- > 0) {
        await buy(5_000);
        await pause(1);
      }
    };
    await Promise.all(Array.from({ length: 16 }, lane));
    const slow = world.calls.filter((call) => call.startsWith('slow')).length;
    expect(slow).toBeLessThan(120);
  });
});

describe('a resolver', () => {
  it('watches so many services at once, and no more', async () => {
    const lookup = async (): Promise<never[]> => [];
    const registry = { lookup, list: lookup, register: lookup, deregister: lookup } as never;
    const resolver = new Resolver(registry, new Map(), new Health(recorder().logger));
    for (let n = 0; n < 10_000; n++) resolver.service(`s${n}`);
    expect(() => resolver.service('one more')).toThrow(
      expect.objectContaining({ code: 'resource_exhausted' }),
    );
    expect(resolver.service('s0').name).toBe('s0');
    await resolver.close();
  });
});
