// Links that are cut, silent or slow, and members that are dead.
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { defaultLimits } from '@micro-ts/interface';
import { needsServer, startFaultProxy, startServer } from '@micro-ts/testing/servers';
import type { FaultProxy, TestServer } from '@micro-ts/testing/servers';
import { closeAll, sampleNode, until } from '@micro-ts/testing';
import { openRegistry, rejection } from './opened.test.fixture.ts';
import { report, Told } from './opened.test.fixture.ts';

const since = (start: number): number => performance.now() - start;

needsServer(
  describe,
  'etcd',
  true,
)('a link to etcd', () => {
  let server: TestServer;
  let proxy: FaultProxy;

  beforeAll(async () => (server = await startServer('etcd')));
  beforeEach(async () => (proxy = await startFaultProxy(server.port)));
  afterEach(async () => {
    await closeAll();
    await proxy.close();
  });
  afterAll(() => server.close());

  const at = (): string => `127.0.0.1:${proxy.port}`;

  it('that is silently dead is noticed by a watch within ten seconds', async () => {
    const { registry } = openRegistry({ addresses: at() });
    const watch = await registry.watch(() => undefined);
    const start = performance.now();
    proxy.set('drop');
    const reason = await watch.closed;
    const took = since(start);
    report(`a silent link is noticed after ${took.toFixed(0)} ms`);
    expect(reason).toMatchObject({ code: 'unavailable' });
    proxy.cut();
    proxy.set('none');
    await registry.lookup('greeter');
  });

  it('that is silently dead is left by verbs that were not answered', async () => {
    const { registry } = openRegistry({ addresses: at() });
    await registry.lookup('greeter');
    proxy.set('drop');
    const error = await rejection(registry.lookup('greeter'));
    expect(error.code).toBe('unavailable');
    expect(error.message).toContain(at());
    proxy.set('none'); // the old connection stays dead, and a new one is not
    expect(await registry.lookup('greeter')).toEqual([]);
  });

  it('that is cut is noticed at once, by nodes and watches', async () => {
    const { registry } = openRegistry({ addresses: at() });
    const node = sampleNode('greeter');
    await registry.register(node, 30_000);
    const watch = await registry.watch(() => undefined);
    const start = performance.now();
    proxy.cut();
    await watch.closed;
    expect(since(start)).toBeLessThan(6_000); // when nobody would have asked yet whether it is alive
    await until(() =>
      registry.register(node, 30_000).then(
        () => true,
        () => false,
      ),
    );
    expect(await registry.lookup('greeter')).toEqual([node]);
    await registry.deregister(node);
  });

  it('that is slow works', async () => {
    proxy.set({ slow: 200 });
    const { registry } = openRegistry({ addresses: at() });
    const told = new Told();
    const watch = await registry.watch(told.listener, 'slow');
    const node = sampleNode('slow');
    await registry.register(node, 30_000);
    await until(() => told.ids('slow').length === 1);
    await registry.deregister(node);
    await until(() => told.ids('slow').length === 0);
    await watch.close();
  });

  it('leads to the member that lives, whichever is asked first', async () => {
    const dead = '127.0.0.1:1';
    proxy.set('drop'); // takes connections, and answers nothing
    const silent = at();
    const live = `127.0.0.1:${server.port}`;
    let slowest = 0;
    for (let round = 0; round < 12; round += 1) {
      const { registry } = openRegistry({ addresses: [dead, silent, live] });
      const start = performance.now();
      expect(await registry.lookup('greeter')).toEqual([]);
      slowest = Math.max(slowest, since(start));
    }
    report(`a cluster with two dead members of three is dialled in ${slowest.toFixed(0)} ms`);
    expect(slowest).toBeLessThan(defaultLimits.handshake); // what waiting for the silent one costs
  });

  it('to members that are all silent is given up in time, with their names', async () => {
    proxy.set('drop');
    const { registry } = openRegistry({ addresses: [at(), at(), at(), '127.0.0.1:1'] });
    const error = await rejection(registry.lookup('greeter'));
    expect(error.code).toBe('unavailable');
    expect(error.message).toContain(`etcd at ${at()} does not answer`);
    expect(error.message).toContain('ECONNREFUSED 127.0.0.1:1');
  });

  it('leads to another member when its own dies', async () => {
    const addresses = [at(), `127.0.0.1:${server.port}`];
    for (let round = 0; round < 6; round += 1) {
      const { registry } = openRegistry({ addresses });
      await registry.watch(() => undefined);
    }
    await proxy.shut();
    const { registry } = openRegistry({ addresses });
    expect(await registry.lookup('greeter')).toEqual([]);
    await proxy.open();
  });

  it('to an unknown host is refused soon, and so is what is no etcd', async () => {
    const { registry } = openRegistry({ addresses: 'no-such-host.invalid:2379' });
    const error = await rejection(registry.lookup('greeter'));
    expect(error.code).toBe('unavailable');
    expect(error.message).toMatch(/no-such-host\.invalid:2379 .*check etcd\.addresses/);

    const other = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = other.address() as AddressInfo;
      const opened = openRegistry({ addresses: `127.0.0.1:${port}` });
      const refused = await rejection(opened.registry.lookup('greeter'));
      expect(refused.code).toBe('unavailable');
      expect(refused.message).toContain(`127.0.0.1:${port}`);
    } finally {
      other.close();
    }
  });
});
