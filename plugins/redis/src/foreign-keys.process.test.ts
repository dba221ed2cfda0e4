import { eventually, sampleNode, until } from '@micro-ts/testing';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { Redis } from 'ioredis';
import { event, keepSubscribed, openApp } from './broker-apps.test.fixture.ts';
import type { App } from './broker-apps.test.fixture.ts';
import { topicKeys } from './keys.ts';

/** Keys of the registry. */
const at = (name: string): string => `micro:{registry}:${name}`;

needsServer(
  describe,
  'redis',
  true,
)('what others have put under the keys of this app', () => {
  let server: TestServer;
  let client: Redis;
  let app: App;
  beforeAll(async () => {
    server = await startServer('redis');
    client = new Redis(server.url);
    client.on('error', () => undefined);
  });
  beforeEach(async () => {
    await client.flushall();
    app = openApp({ address: server.url });
  });
  afterEach(() => app.close());
  afterAll(async () => {
    client.disconnect();
    await server.close();
  });
  const idsOf = async (service: string): Promise<readonly string[]> =>
    (await app.registry.lookup(service)).map(({ id }) => id);

  it.each([
    ['5:abc', 'garbage', '', ':', '3', '0:', '03:abc', `${'9'.repeat(30)}:abc`, '-1:abc', '1e1:a'],
    Array.from({ length: 2_500 }, (_none, index) => `nobody ${index}`),
  ])('members that are no nodes are removed when their time is over: %j, …', async (...members) => {
    const node = sampleNode('greeter');
    await app.registry.register(node, 60_000);
    await client.zadd(at('expiries'), ...members.flatMap((member) => [1, member]));
    await client.zadd(at('expiries'), '-inf', 'long ago', 'inf', 'for ever');
    expect(await idsOf('greeter')).toEqual([node.id]);
    expect(await client.zcard(at('expiries'))).toBe(2);
    expect(await client.ping()).toBe('PONG');
  });

  it('a service whose key is no hash neither stops a watch nor hides another', async () => {
    const node = sampleNode('greeter');
    await app.registry.register(node, 60_000);
    await client.set(at('nodes:bad'), 'x');
    await client.sadd(at('services'), 'bad');
    const seen = new Map<string, number>();
    const watch = await app.registry.watch?.((services) => {
      for (const [service, nodes] of services) seen.set(service, nodes.length);
    });
    let lost: unknown;
    void watch?.closed.then((reason) => (lost = reason));
    expect(seen).toEqual(new Map(Object.entries({ bad: 0, greeter: 1 })));
    await client.zadd(at('expiries'), 1, '3:badx');
    await eventually(async () => expect(await client.zcard(at('expiries'))).toBe(1));
    expect(await app.registry.lookup('bad')).toEqual([]);
    expect(app.log.lines).toContainEqual(
      expect.objectContaining({ message: 'a record cannot be read and is skipped' }),
    );
    const healed = sampleNode('bad');
    await app.registry.register(healed, 60_000);
    expect(await idsOf('bad')).toEqual([healed.id]);
    await until(() => seen.get('bad') === 1);
    expect(lost).toBeUndefined();
    await watch?.close();
  });

  it.each(['expiries', 'services', 'epoch'])(
    'a key of another type in place of %s is mended by the next that asks',
    async (name) => {
      const node = sampleNode('greeter');
      await app.registry.register(node, 60_000);
      await client.del(at(name));
      await (name === 'epoch' ? client.sadd(at(name), 'x') : client.set(at(name), 'x'));
      const watch = await app.registry.watch?.(() => undefined);
      expect(await idsOf('greeter')).toEqual([node.id]);
      await app.registry.register(node, 60_000);
      expect(await app.registry.list()).toEqual(['greeter']);
      expect(await client.zcard(at('expiries'))).toBe(1);
      await watch?.close();
    },
  );

  it('a queue that is no stream is told with its key; other topics go on', async () => {
    const { queues, queue } = topicKeys('micro', 'broken');
    await client.zadd(queues, 'inf', 'q:old');
    await client.set(`${queue}q:old`, 'x');
    const told = app.broker.publish('broken', event('x'));
    await expect(told).rejects.toMatchObject({ code: 'data_loss' });
    await expect(told).rejects.toThrow(`micro:{broken}:queue:q:old`);
    await client.set(topicKeys('micro', 'worse').queues, 'x');
    await expect(app.broker.publish('worse', event('x'))).rejects.toThrow('micro:{worse}:queues');
    const heard = await keepSubscribed(app, 'whole', { queue: 'q' });
    await app.broker.publish('whole', event('x'));
    await until(() => heard.deliveries.length === 1);
    await heard.close();
  });

  it('a queue that promised nothing and is no stream holds nobody up', async () => {
    const { queues, queue } = topicKeys('micro', 'lax');
    await client.zadd(queues, Date.now() + 600_000, 'q:lax');
    await client.set(`${queue}q:lax`, 'x');
    const heard = await keepSubscribed(app, 'lax', { queue: 'q' });
    await app.broker.publish('lax', event('x'));
    await until(() => heard.deliveries.length === 1);
    await heard.close();
  });
});
