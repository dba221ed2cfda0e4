import { setTimeout as pause } from 'node:timers/promises';
import { defaultLimits } from '@micro-ts/interface';
import type { Node } from '@micro-ts/interface';
import { needsServer, startFaultProxy, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { afterwards, closeAll, eventually, sampleNode } from '@micro-ts/testing';
import { open, openClient } from '../opened.test.fixture.ts';
import type { Opened } from '../opened.test.fixture.ts';

const idsOf = (nodes: readonly Node[] | undefined): readonly string[] =>
  (nodes ?? []).map(({ id }) => id).sort();

needsServer(
  describe,
  'nats',
  true,
)('the registry on NATS, when things go wrong', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('nats');
  });
  afterAll(() => server.close());
  afterEach(closeAll);

  async function follow({ registry }: Opened, service?: string) {
    const known = new Map<string, readonly Node[]>();
    let told = 0;
    const watch = await registry.watch((changed) => {
      told += 1;
      for (const [name, nodes] of changed) known.set(name, nodes);
    }, service);
    return { watch, known, told: () => told };
  }

  it('a node whose process is cut off expires for those who watch', async () => {
    const proxy = await startFaultProxy(server.port);
    afterwards(() => proxy.close());
    const node = sampleNode('cut');
    const leaving = open({ servers: `127.0.0.1:${proxy.port}` });
    const start = performance.now();
    await leaving.registry.register(node, 5_000);
    const followed = await follow(open({ servers: server.url }), 'cut');
    expect(idsOf(followed.known.get('cut'))).toEqual([node.id]);
    proxy.set('drop');
    await eventually(() => expect(followed.known.get('cut')).toEqual([]));
    const lived = performance.now() - start;
    console.log(`expired after ${lived.toFixed(0)} ms of 5,000`);
    expect(lived).toBeGreaterThan(4_900);
  });

  it('heartbeats keep it in sight, and tell nobody anything', async () => {
    const [one, other] = [open({ servers: server.url }), open({ servers: server.url })];
    const node = sampleNode('beating');
    await one.registry.register(node, 3_000);
    const followed = await follow(other, 'beating');
    for (let beat = 0; beat < 15; beat += 1) {
      await pause(300);
      await one.registry.register(node, 3_000);
    }
    expect([idsOf(followed.known.get('beating')), followed.told()]).toEqual([[node.id], 1]);
  });

  it('who missed a node asks when it hears its heart', async () => {
    const [one, other] = [open({ servers: server.url }), open({ servers: server.url })];
    const followed = await follow(other, 'missed');
    const node = sampleNode('missed');
    await one.registry.register(node, 30_000);
    await eventually(() => expect(idsOf(followed.known.get('missed'))).toEqual([node.id]));
    const client = await openClient(server.url);
    const gone = { Service: { name: 'missed', nodes: [{ id: node.id }] }, Action: 'delete' };
    client.publish('micro.nats.watch', JSON.stringify(gone)); // somebody was wrong
    await eventually(() => expect(followed.known.get('missed')).toEqual([]));
    const start = performance.now();
    await one.registry.register(node, 30_000);
    await eventually(() => expect(idsOf(followed.known.get('missed'))).toEqual([node.id]));
    console.log(`found again after ${(performance.now() - start).toFixed(0)} ms`);
  });

  it('a node of go-micro that dies is gone when it did not answer twice', async () => {
    const client = await openClient(server.url);
    const record = { name: 'foreign', version: '1', nodes: [{ id: 'foreign-1', address: 'h:1' }] };
    const answering = client.subscribe('micro.nats.query', {
      callback: (_error, message) => void message.respond(JSON.stringify(record)),
    });
    await client.flush();
    const followed = await follow(open({ servers: server.url }), 'foreign');
    expect(idsOf(followed.known.get('foreign'))).toEqual(['foreign-1']);
    await pause(12_000);
    expect(idsOf(followed.known.get('foreign'))).toEqual(['foreign-1']);
    answering.unsubscribe();
    const start = performance.now();
    await eventually(() => expect(followed.known.get('foreign')).toEqual([]), 40_000);
    console.log(`gone after ${((performance.now() - start) / 1_000).toFixed(1)} s`);
  });

  it('garbage is skipped, and logged once', async () => {
    const [one, other] = [open({ servers: server.url }), open({ servers: server.url })];
    const node = sampleNode('clean');
    await one.registry.register(node, 30_000);
    const followed = await follow(other);
    const client = await openClient(server.url);
    const record = { name: 'clean', nodes: [{ id: 1 }] };
    const garbage = [
      ...['', '{', 'null', '[]', '7', '{"Action":"explode"}', '{"Service":7,"Action":"create"}'],
      ...[JSON.stringify({ Service: record, Action: 'create' }), 'x'.repeat(1024 * 1024)],
      ...['['.repeat(500_000), JSON.stringify({ Service: null, Action: 'create' })],
    ];
    const inbox = client.subscribe('micro.nats.query', {
      callback: (_error, message) => {
        for (const each of garbage) message.respond(each);
      },
    });
    for (let round = 0; round < 5; round += 1) {
      for (const each of garbage) {
        const alive = `micro.nats.alive.${Buffer.from('clean').toString('base64url')}`;
        for (const subject of ['micro.nats.watch', 'micro.nats.query', alive]) {
          client.publish(subject, each, { reply: 'nobody.listens' });
        }
      }
      await client.flush();
    }
    expect(idsOf(await other.registry.lookup('clean'))).toEqual([node.id]);
    inbox.unsubscribe();
    await one.registry.deregister(node);
    await eventually(() => expect(followed.known.get('clean')).toEqual([]));
    expect(one.log.complaints.length + other.log.complaints.length).toBeLessThanOrEqual(8);
  });

  it('10,000 nodes are found, listed and watched', async () => {
    const patient = { ...defaultLimits, handshake: 30_000 }; // on a busy machine
    const [one, other] = [0, 1].map(() => open({ servers: server.url }, patient));
    if (one === undefined || other === undefined) throw new Error('unreachable');
    const nodes = Array.from({ length: 10_000 }, (_none, at) => sampleNode(`crowd-${at % 100}`));
    const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
      const start = performance.now();
      const value = await work();
      console.log(`10,000 nodes: ${what} ${(performance.now() - start).toFixed(0)} ms`);
      return value;
    };
    await timed('registered in', () =>
      Promise.all(nodes.map((node) => one.registry.register(node, 120_000))),
    );
    const found = await timed('one service of 100 looked up in', () =>
      other.registry.lookup('crowd-7'),
    );
    expect(found).toHaveLength(100);
    const names = await timed('listed in', () => other.registry.list());
    expect(names.filter((name) => name.startsWith('crowd-'))).toHaveLength(100);
    const followed = await timed('watched in', () => follow(other));
    const known = [...followed.known].filter(([name]) => name.startsWith('crowd-'));
    expect(known.flatMap(([, all]) => all)).toHaveLength(10_000);
    await timed('heartbeats of all in', () =>
      Promise.all(nodes.map((node) => one.registry.register(node, 120_000))),
    );
  });

  it('what is too large for the server is refused', async () => {
    const { registry } = open({ servers: server.url });
    const metadata = { large: 'x'.repeat(1024 * 1024) };
    const large = registry.register(sampleNode('large', { metadata }), 30_000);
    await expect(large).rejects.toMatchObject({ code: 'resource_exhausted' });
    expect(await registry.lookup('large')).toEqual([]);
  });

  it('a server that starts again, empty, has all nodes after their next heartbeat', async () => {
    const [one, other] = [open({ servers: server.url }), open({ servers: server.url })];
    const node = sampleNode('again');
    await one.registry.register(node, 30_000);
    const followed = await follow(other, 'again');
    await server.stop();
    expect(await followed.watch.closed).toMatchObject({ code: 'unavailable' });
    await server.wipe();
    await server.start();
    const start = performance.now();
    const again = await eventually(() => follow(other, 'again'));
    await eventually(() => one.registry.register(node, 30_000));
    await eventually(() => expect(idsOf(again.known.get('again'))).toEqual([node.id]));
    console.log(`found again ${(performance.now() - start).toFixed(0)} ms after the start`);
  });
});
