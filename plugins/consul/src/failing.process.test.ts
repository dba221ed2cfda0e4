import { needsServer, startFaultProxy, startServer } from '@micro-ts/testing/servers';
import type { FaultProxy, TestServer } from '@micro-ts/testing/servers';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { closeAll, eventually, sampleNode, until } from '@micro-ts/testing';
import { open } from './app.test.fixture.ts';
import consul from './index.ts';

const failure = async (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('nothing failed'),
    (error: unknown) => error as Error,
  );

const fakes: Server[] = [];
/** Something that is not Consul; closed after the test. */
function fakeServer(listener: RequestListener): Server {
  const server = createServer(listener);
  fakes.push(server);
  return server;
}

const withConsul = needsServer(describe, 'consul', true);

withConsul('a consul that fails', () => {
  let server: TestServer;
  let proxy: FaultProxy;
  beforeAll(async () => {
    server = await startServer('consul');
  });
  beforeEach(async () => {
    proxy = await startFaultProxy(server.port);
  });
  afterEach(async () => {
    await closeAll();
    await proxy.close();
    for (const fake of fakes.splice(0)) {
      fake.close();
      fake.closeAllConnections();
    }
  });
  afterAll(() => server.close());
  const through = () => open(consul({ address: `${proxy.host}:${proxy.port}` }));

  it('and forgets all is told all by the next heartbeat', async () => {
    const { registry } = open(consul({ address: server.url }));
    const nodes = [sampleNode('forgotten'), sampleNode('forgotten')];
    for (const node of nodes) await registry.register(node, 90_000);
    const watch = await registry.watch(() => undefined, 'forgotten');
    await server.stop();
    const reason = (await watch.closed) as Error;
    expect(reason.message).toContain(`consul at 127.0.0.1:${server.port}`);
    await server.start();
    await until(async () => (await registry.lookup('forgotten').catch(() => [1])).length === 0);
    for (const node of nodes) await registry.register(node, 90_000);
    await until(async () => (await registry.lookup('forgotten')).length === 2);
    const [first] = nodes;
    if (first) await registry.deregister(first);
    await until(async () => (await registry.lookup('forgotten')).length === 1);
  });

  it('and is cut off says so at once, and is there again soon', async () => {
    const { registry } = through();
    const watches = [await registry.watch(() => undefined, 'x'), await registry.watch(() => {})];
    const began = performance.now();
    proxy.cut();
    const reasons = await Promise.all(watches.map(({ closed }) => closed));
    console.log(`a cut was noticed in ${(performance.now() - began).toFixed(0)} ms`);
    for (const reason of reasons) expect(reason).toMatchObject({ code: 'unavailable' });
    const node = sampleNode('cut');
    // The first may go where nobody is any more.
    await eventually(() => registry.register(node, 90_000));
    await registry.deregister(node);
  });

  it('and falls silent without a word is noticed within 10 s', async () => {
    const { registry } = through();
    const one = await registry.watch(() => undefined, 'x');
    const all = await registry.watch(() => undefined);
    const began = performance.now();
    proxy.set('drop');
    expect(await one.closed).toMatchObject({ code: 'unavailable' });
    expect(await all.closed).toMatchObject({ code: 'unavailable' });
    const took = performance.now() - began;
    console.log(`silence was noticed in ${(took / 1_000).toFixed(1)} s`);
    expect(took).toBeLessThan(30_000); // an answer may be waited for for a minute
    const late = await failure(registry.lookup('x'));
    expect(late.message).toMatch(
      /^consul at 127\.0\.0\.1:\d+ does not answer in 4500 ms: check consul\.address$/,
    );
    proxy.set('none');
    proxy.cut();
    await registry.lookup('x');
    await registry.watch(() => undefined);
  });

  it('and is slow is waited for', async () => {
    const { registry } = through();
    const node = sampleNode('slow');
    proxy.set({ slow: 300 });
    await registry.register(node, 90_000);
    let told = 0;
    const watch = await registry.watch((changed) => {
      told = changed.get('slow')?.length ?? 0;
    });
    await until(() => told === 1);
    let open = true;
    void watch.closed.then(() => (open = false));
    await pause(6_000);
    expect(open).toBe(true);
    await registry.deregister(node);
    await until(() => told === 0);
  });

  it('is told from one that is not there, with its address and the option', async () => {
    const limits = { handshake: 3_000 };
    const of = (address: string) => open(consul({ address }), limits).registry;
    const refused = await failure(of('127.0.0.1:1').list());
    expect(refused).toMatchObject({ code: 'unavailable', refused: true });
    expect(refused.message).toBe(
      'consul at 127.0.0.1:1 cannot be reached (ECONNREFUSED): does it run, and is consul.address right?',
    );
    const nobody = await failure(of('http://consul.invalid:8500').list());
    expect(nobody).toMatchObject({ code: 'unavailable' });
    expect(nobody.message).toMatch(/^consul at consul\.invalid:8500 .*address/);
    const plain = await failure(of(`https://127.0.0.1:${server.port}`).list());
    expect(plain.message).toMatch(/TLS failed .*address/);
  });

  it('is told from a server that is something else', async () => {
    let answer: { status: number; body: string } = { status: 200, body: '<html>' };
    const other = fakeServer((_request, response) => {
      response.writeHead(answer.status).end(answer.body);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const token = 'a-token-that-nobody-must-see';
    const limits = { handshake: 30_000 }; // for an answer of 65 MiB
    const { registry } = open(consul({ address, token }), limits);
    const cases = [
      [200, '<html>', 'unavailable', /is no JSON: is consul\.address/],
      [404, 'nothing here', 'unavailable', /404; is consul\.address/],
      [302, '', 'unavailable', /302; is consul\.address/],
      [401, `no ${token}`, 'unauthenticated', /about consul\.token: no …/],
      [429, '', 'resource_exhausted', /http_max_conns_per_client/],
      [500, 'No cluster leader', 'unavailable', /500: No cluster leader/],
      [200, `"${'x'.repeat(65 * 1024 * 1024)}"`, 'resource_exhausted', /more than is read/],
    ] as const;
    for (const [status, body, code, message] of cases) {
      answer = { status, body };
      const error = await failure(registry.lookup('x'));
      expect(error).toMatchObject({ code });
      expect(error.message).toMatch(message);
      expect(error.message).not.toContain(token);
    }
    answer = { status: 200, body: '[null,{"Service":{"Tags":7}},5]' };
    expect(await registry.lookup('x')).toEqual([]);
  });

  it('has no datacenter of that name', async () => {
    const { registry } = open(consul({ address: server.url, datacenter: 'atlantis' }));
    const error = await failure(registry.lookup('x'));
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toMatch(/about consul\.datacenter/);
    const here = open(consul({ address: server.url, datacenter: 'dc1' })).registry;
    expect(await here.lookup('x')).toEqual([]);
  });
});
