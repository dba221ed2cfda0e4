// Ten thousand nodes in one registry.
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { defaultLimits, metadata } from '@micro-ts/interface';
import { encodeRecord } from '@micro-ts/wire';
import { closeAll, sampleNode, until } from '@micro-ts/testing';
import { openClient, openRegistry } from './opened.test.fixture.ts';
import { report, Told } from './opened.test.fixture.ts';

const many = 10_000;
const services = 100;
/** For machines that have more to do than these tests. */
const patient = { ...defaultLimits, handshake: 60_000 };

needsServer(
  describe,
  'etcd',
  true,
)('ten thousand nodes', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('etcd');
    const client = openClient(server.url);
    const endpoints = [0, 1, 2, 3].map((at) => ({
      name: `Greeter.Hello${at}`,
      kind: 'unary' as const,
      request: { type: 'object', title: 'Req', properties: { name: { type: 'string' } } },
      metadata: metadata(),
    }));
    const nodes = Array.from({ length: many }, (_, at) =>
      sampleNode(at % 2 === 0 ? 'crowd' : `service-${at % services}`, { endpoints }),
    );
    while (nodes.length > 0) {
      const success = nodes.splice(0, 100).map((node) => {
        const key = Buffer.from(`/micro/registry/${node.service}/${node.id}`);
        return { request_put: { key, value: Buffer.from(encodeRecord(node)) } };
      });
      await client.kv.txn({ success });
    }
  });
  afterAll(async () => {
    await closeAll();
    await server.close();
  });

  const timed = async <T>(what: string, work: () => Promise<T>): Promise<readonly [T, number]> => {
    const start = performance.now();
    const value = await work();
    const took = performance.now() - start;
    report(`${what}: ${took.toFixed(0)} ms`);
    return [value, took];
  };

  it('are read by list and lookup', async () => {
    const { registry } = openRegistry({ addresses: server.url }, patient);
    const [names] = await timed('list', () => registry.list());
    expect(names).toHaveLength(services / 2 + 1);
    const [nodes] = await timed('lookup of 5,000', () => registry.lookup('crowd'));
    expect(nodes).toHaveLength(many / 2);
  });

  it('do not slow down a change on its way to a watch', async () => {
    const writer = openRegistry({ addresses: server.url }, patient).registry;
    const { registry } = openRegistry({ addresses: server.url }, patient);
    const told = new Told();
    const [watch, opening] = await timed('watch of all', () => registry.watch(told.listener));
    expect(told.ids('crowd')).toHaveLength(many / 2);
    const times: number[] = [];
    for (let round = 0; round < 100; round += 1) {
      const node = sampleNode('crowd');
      const has = (): boolean =>
        told.services.get('crowd')?.some(({ id }) => id === node.id) === true;
      const start = performance.now();
      await writer.register(node, 60_000);
      await until(has);
      times.push(performance.now() - start);
      await writer.deregister(node);
      await until(() => !has());
    }
    times.sort((a, b) => a - b);
    const [quick = 0, middle = 0, most = 0] = [times[10], times[50], times[99]];
    report(`a change is told after ${middle.toFixed(1)} ms (p50), ${most.toFixed(1)} ms (max)`);
    expect(quick).toBeLessThan(opening); // which looks at all nodes
    await watch.close();
  });
});
