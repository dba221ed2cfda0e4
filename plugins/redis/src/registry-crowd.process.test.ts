import { setTimeout as pause } from 'node:timers/promises';
import { metadata } from '@micro-ts/interface';
import type { Node, Services } from '@micro-ts/interface';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { Redis } from 'ioredis';
import { until } from '@micro-ts/testing';
import { openApp } from './broker-apps.test.fixture.ts';
import type { App } from './broker-apps.test.fixture.ts';

/** Printed, since it is the figures that tell whether it got worse. */
const report = (line: string): void => void process.stdout.write(`    redis: ${line}\n`);
const since = (start: number): number => Math.round(performance.now() - start);

const node = (service: string, at: number): Node => ({
  id: `${service}-${at}`,
  service,
  version: '1.0.0',
  address: `10.0.0.1:${10_000 + (at % 50_000)}`,
  metadata: metadata({ transport: 'http', protocol: 'mucp' }),
  endpoints: [{ name: 'Greeter.Hello', kind: 'unary', metadata: metadata() }],
});

needsServer(
  describe,
  'redis',
  true,
)('a large and a spoilt registry on redis', () => {
  let server: TestServer;
  let client: Redis;
  let app: App;
  beforeAll(async () => {
    server = await startServer('redis');
    client = new Redis(server.url);
    app = openApp({ address: server.url });
  });
  afterAll(async () => {
    await app.close();
    client.disconnect();
    await server.close();
  });

  async function follow() {
    const known = new Map<string, readonly Node[]>();
    const watch = await app.registry.watch?.((changed: Services) => {
      for (const [name, nodes] of changed) known.set(name, nodes);
    });
    const count = (): number => [...known.values()].reduce((sum, { length }) => sum + length, 0);
    return { known, count, watch };
  }

  it('10,000 nodes are registered, watched and found, and expire', async () => {
    const nodes = Array.from({ length: 10_000 }, (_none, at) => node(`crowd-${at % 100}`, at));
    const early = await follow();
    let start = performance.now();
    for (let at = 0; at < nodes.length; at += 500) {
      const some = nodes.slice(at, at + 500);
      await Promise.all(some.map((each) => app.registry.register(each, 60_000)));
    }
    await until(() => early.count() === 10_000, 60_000);
    report(`10,000 nodes registered and told to a watch in ${since(start)} ms`);
    start = performance.now();
    const late = await follow();
    expect(late.count()).toBe(10_000);
    report(`a watch of 10,000 nodes opened in ${since(start)} ms`);
    expect(await app.registry.list()).toHaveLength(100);
    expect(await app.registry.lookup('crowd-7')).toHaveLength(100);
    start = performance.now();
    for (const each of nodes.slice(0, 1_000)) await app.registry.register(each, 1_500);
    await until(() => early.count() === 9_000 && late.count() === 9_000, 60_000);
    report(`1,000 of them were gone from both watches ${since(start)} ms after their heartbeat`);
    await early.watch?.close();
    await late.watch?.close();
  });

  it('garbage is skipped, told once, and mended by a heartbeat', async () => {
    const { registry, log } = app;
    const good = node('spoilt', 1);
    const bad = node('spoilt', 2);
    const followed = await follow();
    await registry.register(good, 60_000);
    await registry.register(bad, 60_000);
    await client.hset('micro:{registry}:nodes:spoilt', bad.id, '{"name":');
    await client.publish('micro:{registry}:changes', 'garbage');
    await client.publish('micro:{registry}:changes', '[1,2,3]');
    for (let at = 0; at < 5; at += 1) {
      expect((await registry.lookup('spoilt')).map(({ id }) => id)).toEqual([good.id]);
    }
    expect(log.lines.filter(({ fields }) => fields?.['node'] === bad.id)).toHaveLength(1);
    await registry.register(bad, 60_000);
    expect(await registry.lookup('spoilt')).toHaveLength(2);
    await until(() => followed.known.get('spoilt')?.length === 2);
    await followed.watch?.close();
  });

  it('a watch says that it is lost when the registry is emptied', async () => {
    const followed = await follow();
    await app.registry.register(node('emptied', 1), 60_000);
    await until(() => followed.known.get('emptied')?.length === 1);
    await client.flushall();
    const start = performance.now();
    expect(await followed.watch?.closed).toBe('the registry was emptied');
    report(`an emptied registry was noticed after ${since(start)} ms`);
    const again = await follow();
    expect(again.count()).toBe(0);
    await app.registry.register(node('emptied', 1), 60_000);
    await until(() => again.count() === 1);
    await again.watch?.close();
  });

  it('a watch in which nothing happens costs little, and tells in time of what expires', async () => {
    await client.flushall();
    await app.registry.register(node('quiet', 1), 60_000);
    const followed = await follow();
    const spent = async () => {
      const info = await client.info('all');
      const number = (pattern: RegExp): number => Number(pattern.exec(info)?.[1] ?? 0);
      return {
        scripts: number(/cmdstat_evalsha:calls=(\d+)/),
        pings: number(/cmdstat_ping:calls=(\d+)/),
        bytes: number(/total_net_input_bytes:(\d+)/),
      };
    };
    const before = await spent();
    await pause(15_000);
    const after = await spent();
    const scripts = after.scripts - before.scripts;
    const pings = after.pings - before.pings;
    const bytes = 4 * (after.bytes - before.bytes);
    report(`a quiet watch: ${4 * scripts} looks, ${4 * pings} pings, ${bytes} bytes a minute`);
    expect(scripts).toBeLessThanOrEqual(4);
    expect(pings).toBeLessThanOrEqual(12);
    await app.registry.register(node('brief', 2), 400);
    const start = performance.now();
    await until(() => followed.known.get('brief')?.length === 1);
    await until(() => followed.known.get('brief')?.length === 0);
    report(`a ttl of 400 ms was over after ${since(start)} ms`);
    expect(since(start)).toBeLessThan(4_500);
    await followed.watch?.close();
  });

  it('what nobody renews leaves nothing behind', async () => {
    await client.flushall();
    await app.registry.register(node('passing', 1), 300);
    const keys = await client.keys('micro:{registry}*');
    expect(keys.length).toBeGreaterThan(0);
    // Where nobody asks any more they go by themselves, a minute later.
    for (const key of keys) {
      expect(await client.pttl(key)).toBeGreaterThan(30_000);
      expect(await client.pttl(key)).toBeLessThanOrEqual(60_300);
    }
    await pause(400);
    expect(await app.registry.list()).toEqual([]);
    expect(await client.keys('micro:{registry}*')).toEqual([]);
  });
});
