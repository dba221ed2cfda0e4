// Whatever happens to a record between two heartbeats, the next one mends it.
import { setTimeout as pause } from 'node:timers/promises';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import type { Etcd3 } from 'etcd3';
import { closeAll, sampleNode, until } from '@micro-ts/testing';
import { openClient, openRegistry } from './opened.test.fixture.ts';
import { report, Told } from './opened.test.fixture.ts';
import type { Opened } from './opened.test.fixture.ts';

const ttl = 30_000;

needsServer(
  describe,
  'etcd',
  true,
)('a heartbeat', () => {
  let server: TestServer;
  let client: Etcd3;
  let opened: Opened;
  let told: Told;
  const nodes = [sampleNode('greeter'), sampleNode('greeter'), sampleNode('other')];
  const [node = sampleNode('none')] = nodes;
  const key = `/micro/registry/greeter/${node.id}`;
  const greeters = nodes
    .slice(0, 2)
    .map(({ id }) => id)
    .sort();

  beforeAll(async () => (server = await startServer('etcd')));
  afterAll(() => server.close());
  beforeEach(async () => {
    client = openClient(server.url);
    opened = openRegistry({ addresses: server.url });
    for (const each of nodes) await opened.registry.register(each, ttl);
    told = new Told();
    await openRegistry({ addresses: server.url }).registry.watch(told.listener, 'greeter');
  });
  afterEach(closeAll);

  const beat = async (): Promise<void> => {
    await Promise.all(nodes.map((each) => opened.registry.register(each, ttl)));
    const found = await opened.registry.lookup('greeter');
    expect(found.map(({ id }) => id).sort()).toEqual(greeters);
    expect(await opened.registry.list()).toEqual(['greeter', 'other']);
    await until(() => told.ids('greeter').join() === greeters.join());
  };
  const leases = async (): Promise<readonly string[]> => {
    const { kvs } = await client.getAll().prefix('/micro/registry/').exec();
    return [...new Set(kvs.map(({ lease }) => lease))];
  };
  const revision = async (): Promise<string> => (await client.get('none').exec()).header.revision;

  it('of three nodes renews one lease, and writes nothing', async () => {
    expect(await leases()).toHaveLength(1);
    const before = await revision();
    for (let round = 0; round < 20; round += 1) await beat();
    expect(await revision()).toBe(before);
    expect(told.times).toBe(1);
  });

  it('brings back a key that was deleted, at once', async () => {
    await client.delete().key(key);
    await opened.registry.register(node, ttl);
    expect(await client.get(key).string()).toContain(node.id);
    await client.delete().prefix('/micro/registry/');
    await until(() => told.ids('greeter').length === 0);
    await beat();
  });

  it('brings back what another wrote over, with its lease', async () => {
    await client.put(key).value('{"name":"greeter","nodes":[]}');
    await beat();
    expect(await leases()).toHaveLength(1);
  });

  it('brings back what a revoked lease took along', async () => {
    const [lease = '0'] = await leases();
    await client.leaseClient.leaseRevoke({ ID: lease });
    await until(() => told.ids('greeter').length === 0);
    await beat();
    expect(await leases()).toHaveLength(1);
    const [again = '0'] = await leases();
    await pause(1_100); // by then the lease is asked for
    await client.leaseClient.leaseRevoke({ ID: again });
    await beat();
    expect(await leases()).toHaveLength(1);
  });

  it('moves a node to another lease with another ttl', async () => {
    await opened.registry.register(node, 60_000);
    expect(await leases()).toHaveLength(2);
    await opened.registry.register(node, ttl);
    expect(await leases()).toHaveLength(1);
  });

  it('registers everything again after a restart without data', async () => {
    await server.stop();
    await server.wipe();
    await server.start();
    expect(await client.getAll().prefix('/micro/registry/').keys()).toEqual([]);
    const watched = new Told();
    const began = performance.now();
    await until(() => beat0());
    report(`registered again ${(performance.now() - began).toFixed(0)} ms after the restart`);
    await opened.registry.watch(watched.listener);
    expect(watched.ids('greeter')).toEqual(greeters);

    async function beat0(): Promise<boolean> {
      const beats = nodes.map((each) => opened.registry.register(each, ttl));
      return Promise.all(beats).then(
        () => true,
        () => false,
      );
    }
  });

  it('keeps its lease over a lost connection', async () => {
    const before = await leases();
    const revisionBefore = await revision();
    await server.freeze();
    await opened.registry.lookup('x').catch(() => undefined);
    await server.thaw();
    await until(() =>
      opened.registry.lookup('greeter').then(
        () => true,
        () => false,
      ),
    );
    await beat();
    expect(await leases()).toEqual(before);
    expect(await revision()).toBe(revisionBefore);
  });
});

needsServer(
  describe,
  'etcd',
  true,
)('a watch', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startServer('etcd')));
  afterAll(() => server.close());
  afterEach(closeAll);

  it('goes on over a compaction', async () => {
    const client = openClient(server.url);
    const { registry } = openRegistry({ addresses: server.url });
    const told = new Told();
    const watch = await registry.watch(told.listener);
    for (let round = 0; round < 5; round += 1) {
      const node = sampleNode('greeter');
      await registry.register(node, 30_000);
      const { header } = await client.get('none').exec();
      await client.kv.compact({ revision: header.revision, physical: true });
      await until(() => told.ids('greeter').includes(node.id));
    }
    await watch.close();
    expect(await watch.closed).toBeUndefined();
  });

  it('misses nothing that changes while it is made', async () => {
    const { registry } = openRegistry({ addresses: server.url });
    const writer = openRegistry({ addresses: server.url }).registry;
    const nodes = Array.from({ length: 300 }, () => sampleNode('busy'));
    let writing = true;
    const write = async (): Promise<void> => {
      for (const [at, node] of nodes.entries()) {
        await writer.register(node, 30_000);
        if (at % 3 === 0) await writer.deregister(node);
      }
    };
    const written = write().finally(() => (writing = false));
    written.catch(() => undefined); // it is awaited later
    const watches: Told[] = [];
    while (writing) {
      const told = new Told();
      await registry.watch(told.listener, 'busy');
      watches.push(told);
      await pause(20);
    }
    await written;
    const left = nodes
      .filter((_, at) => at % 3 !== 0)
      .map(({ id }) => id)
      .sort();
    for (const told of watches) await until(() => told.ids('busy').join() === left.join());
    expect(watches.length).toBeGreaterThan(2);
  });
});
