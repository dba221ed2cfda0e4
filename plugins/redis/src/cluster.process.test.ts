import { setTimeout as pause } from 'node:timers/promises';
import { afterwards, brokerKit, closeAll, registryKit, until } from '@micro-ts/testing';
import { needsServer, startFaultProxy, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { decodeEnvelope } from '@micro-ts/wire';
import { Redis } from 'ioredis';
import { keepSubscribed, openApp, publishSurely } from './broker-apps.test.fixture.ts';
import { event, textOf } from './broker-apps.test.fixture.ts';
import { redis } from './index.ts';
import { topicKeys } from './keys.ts';
import { startSentinel } from './sentinel.test.fixture.ts';

/** Printed, since it is the figures that tell whether it got worse. */
const report = (line: string): void => void process.stdout.write(`    redis: ${line}\n`);

const at = ({ host, port }: TestServer): string => `${host}:${port}`;

needsServer(
  describe,
  'redis',
  true,
)('redis as a cluster', () => {
  const nodes: TestServer[] = [];
  beforeAll(async () => {
    const args = () => ['--cluster-enabled', 'yes'];
    nodes.push(await startServer('redis', { args }), await startServer('redis', { args }));
    const clients = nodes.map(({ url }) => new Redis(url));
    const [first, second] = clients;
    const [, other] = nodes;
    await first?.call('CLUSTER', 'ADDSLOTSRANGE', 0, 8_191);
    await second?.call('CLUSTER', 'ADDSLOTSRANGE', 8_192, 16_383);
    await first?.call('CLUSTER', 'SET-CONFIG-EPOCH', 1);
    await second?.call('CLUSTER', 'SET-CONFIG-EPOCH', 2);
    await first?.call('CLUSTER', 'MEET', '127.0.0.1', other?.port ?? 0);
    for (const client of clients) {
      await until(async () => String(await client.call('CLUSTER', 'INFO')).includes('state:ok'));
      client.disconnect();
    }
  });
  afterEach(closeAll);
  afterAll(async () => {
    for (const node of nodes) await node.close();
  });
  const plugin = () => redis({ cluster: nodes.map(at) });

  describe('as a broker', () => {
    brokerKit({
      it,
      plugin,
      deadLetters: async (topic) => {
        const found: string[] = [];
        for (const { url } of nodes) {
          const client = new Redis(url);
          const letters = await client
            .xrange(topicKeys('micro', topic).dead, '-', '+')
            .catch(() => []);
          found.push(...letters.map(([, [, envelope = '']]) => envelope));
          client.disconnect();
        }
        return found.map((text) => decodeEnvelope(text));
      },
      unreachable: () => redis({ cluster: ['127.0.0.1:1', '127.0.0.1:2'] }),
    });
  });

  it('is reached by the addresses of natMap, where its nodes give others', async () => {
    const proxies = await Promise.all(nodes.map(({ port }) => startFaultProxy(port)));
    for (const proxy of proxies) afterwards(() => proxy.close());
    const outside = proxies.map(({ host, port }) => `${host}:${port}`);
    const natMap = Object.fromEntries(nodes.map((node, index) => [at(node), outside[index] ?? '']));
    const app = openApp({ cluster: outside, natMap });
    afterwards(() => app.close());
    for (const topic of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const heard = await keepSubscribed(app, `nat.${topic}`, { queue: 'q' });
      await publishSurely(app, `nat.${topic}`, topic);
      await until(() => heard.deliveries.length > 0);
      await heard.close();
    }
    const watch = await app.registry.watch?.(() => undefined);
    for (const proxy of proxies) await proxy.shut();
    expect(await watch?.closed).toBeDefined(); // nothing went past them
    const told = app.broker.publish('nat.a', event('x'));
    await expect(told).rejects.toMatchObject({ code: 'unavailable' });
  });

  describe('as a registry', () => {
    registryKit({
      it,
      plugin,
      shortestTtl: 1_000,
      unreachable: () => redis({ cluster: ['127.0.0.1:1'] }),
    });
  });
});

needsServer(
  describe,
  'redis',
  true,
)('redis behind sentinels', () => {
  it('follows the master when it dies', async () => {
    const master = await startServer('redis');
    const replica = await startServer('redis', {
      args: () => ['--replicaof', '127.0.0.1', `${master.port}`],
    });
    const sentinel = await startSentinel(master, undefined, [
      'sentinel down-after-milliseconds shop 500',
      'sentinel failover-timeout shop 3000',
    ]);
    const app = openApp({
      sentinel: { name: 'shop', addresses: [sentinel.address] },
      claimAfter: 1_000,
    });
    try {
      const copies = new Redis(replica.url);
      const ready = async (): Promise<boolean> => {
        const known = String(await sentinel.client.call('SENTINEL', 'MASTER', 'shop'));
        const copied = await copies.info('replication');
        return /num-slaves,1,/.test(known) && /master_link_status:up/.test(copied);
      };
      await until(ready, 60_000).finally(() => copies.disconnect());
      const heard = await keepSubscribed(app, 'sentinel', { queue: 'q' });
      await publishSurely(app, 'sentinel', 'before');
      await until(() => heard.deliveries.length === 1);
      await pause(500); // for the replica
      await master.stop();
      const died = performance.now();
      await publishSurely(app, 'sentinel', 'after');
      await until(() => heard.deliveries.map(textOf).includes('after'), 30_000);
      report(`${Math.round(performance.now() - died)} ms from a master's death to the next event`);
      await heard.close();
    } finally {
      await app.close();
      for (const each of [sentinel, replica, master]) await each.close();
    }
  });
});
