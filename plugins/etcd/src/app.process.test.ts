// Whole apps with their registry on etcd.
import { setTimeout as pause } from 'node:timers/promises';
import { createApp, Handler, Service } from '@micro-ts/core';
import type { App } from '@micro-ts/core';
import { MemoryNetwork, memory } from '@micro-ts/memory';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { closeAll, until } from '@micro-ts/testing';
import etcd from './index.ts';
import { openClient, openRegistry, report } from './opened.test.fixture.ts';

@Service('greeter')
class Greeter {
  @Handler()
  async hello(): Promise<{ text: string }> {
    return { text: 'hello' };
  }
}

const ttl = 6_000;
const silent = (): void => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent, with: () => logger };

needsServer(
  describe,
  'etcd',
  true,
)('apps on etcd', () => {
  let server: TestServer;
  const apps: App[] = [];
  const network = new MemoryNetwork();

  beforeAll(async () => {
    server = await startServer('etcd');
    const registry = etcd({ addresses: server.url });
    const calls = memory({ network });
    const parts = { registry, transports: [calls], broker: calls };
    const options = { ...parts, registerTtl: ttl, grace: 0, logger };
    apps.push(await createApp({ ...options, services: [Greeter] }));
    apps.push(await createApp({ ...options, name: 'caller' }));
    await call();
  });
  afterEach(closeAll);
  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await server.close();
  });

  const call = async (): Promise<void> => {
    const greeter = apps[1]?.client('greeter') as unknown as { hello(): Promise<unknown> };
    expect(await greeter.hello()).toEqual({ text: 'hello' });
  };
  const registered = async (): Promise<boolean> => {
    const { registry } = openRegistry({ addresses: server.url });
    return (await registry.lookup('greeter').catch(() => [])).length === 1;
  };
  /** How long it takes until the node is there, and can be called. */
  const back = async (): Promise<number> => {
    const start = performance.now();
    await until(registered);
    const took = performance.now() - start;
    await until(() =>
      call().then(
        () => true,
        () => false,
      ),
    );
    return took;
  };

  it('are there again by a heartbeat when their key or their lease is gone', async () => {
    const client = openClient(server.url);
    await client.delete().prefix('/micro/registry/greeter/');
    const afterKey = await back();
    const [kv] = (await client.getAll().prefix('/micro/registry/greeter/').exec()).kvs;
    await client.leaseClient.leaseRevoke({ ID: kv?.lease ?? '0' });
    const afterLease = await back();
    report(`ttl ${ttl} ms: back ${afterKey.toFixed(0)} ms after a key was deleted`);
    report(`ttl ${ttl} ms: back ${afterLease.toFixed(0)} ms after a lease was revoked`);
  });

  it.each(['with its data', 'empty'])('call each other while etcd restarts, %s', async (how) => {
    await server.stop();
    if (how === 'empty') await server.wipe();
    for (let round = 0; round < 10; round += 1) {
      await call();
      await pause(100);
    }
    await server.start();
    const took = await back();
    report(`etcd restarts ${how}: registered ${took.toFixed(0)} ms after it answers`);
  });

  it('leave when they close', async () => {
    await apps[0]?.close();
    const { registry } = openRegistry({ addresses: server.url });
    expect(await registry.lookup('greeter')).toEqual([]);
  });
});
