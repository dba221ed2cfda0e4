// go-micro v5.30.0 and Micro in one etcd.
import { join } from 'node:path';
import { GoPeer, goProgram, needsGo, needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { metadata } from '@micro-ts/interface';
import { closeAll, sampleNode, until } from '@micro-ts/testing';
import { openRegistry, Told } from './opened.test.fixture.ts';
import type { Opened } from './opened.test.fixture.ts';

/** go-micro's record of a service. */
interface Service {
  readonly name: string;
  readonly nodes: readonly { id: string; address: string; metadata: Record<string, string> }[];
  readonly [more: string]: unknown;
}

const folder = join(__dirname, '..', 'fixtures', 'go-micro');
const program = goProgram({ folder, name: 'go-micro-etcd' });

needsServer(
  needsGo(describe, program),
  'etcd',
  true,
)('go-micro and Micro on one etcd', () => {
  let server: TestServer;
  let go: GoPeer;
  let opened: Opened;

  beforeAll(async () => {
    server = await startServer('etcd');
  });
  beforeEach(async () => {
    opened = openRegistry({ addresses: server.url });
    go = new GoPeer(program, `127.0.0.1:${server.port}`);
    await go.event(({ event }) => event === 'ready');
  });
  afterEach(closeAll);
  afterAll(() => server.close());

  const heard = (event: string, name: string): Service | undefined =>
    go.events.find(
      (told) => told['event'] === event && (told['service'] as Service | undefined)?.name === name,
    )?.['service'] as Service | undefined;

  it('Go finds what Micro registers, and its watch hears of it', async () => {
    const node = sampleNode('ts/greeter', {
      metadata: metadata({ transport: 'http', zone: 'ä' }),
      endpoints: [{ name: 'Greeter.Hello', kind: 'unary', metadata: metadata() }],
    });
    await opened.registry.register(node, 30_000);
    const [service] = (await go.do('get', { name: 'ts/greeter' })) as Service[];
    expect(service).toMatchObject({ name: 'ts/greeter', version: '1.0.0' });
    const { id, address } = node;
    expect(service?.nodes).toEqual([{ id, address, metadata: { transport: 'http', zone: 'ä' } }]);
    await until(() => heard('create', 'ts/greeter') !== undefined);
    expect(await go.do('list')).toEqual([expect.objectContaining({ name: 'ts/greeter' })]);

    await opened.registry.register(node, 30_000);
    await opened.registry.deregister(node);
    await until(() => heard('delete', 'ts/greeter') !== undefined);
    expect(heard('update', 'ts/greeter')).toBeUndefined(); // a heartbeat is no news
    expect(await go.do('get', { name: 'ts/greeter' })).toEqual([]);
  });

  it('Micro finds what Go registers, and its watch hears of it', async () => {
    const told = new Told();
    await opened.registry.watch(told.listener);
    const nodes = [{ id: 'go-1', address: '10.0.0.7:1', metadata: { zone: 'b' } }];
    const request = { name: 'Req', type: 'Req', values: [{ name: 'name', type: 'string' }] };
    const endpoints = [{ name: 'Greeter.Hello', request, metadata: {} }];
    const service = { name: 'go.greeter', version: '2.0.0', nodes, endpoints };
    await go.do('register', { service });
    await until(() => told.ids('go.greeter').length === 1);
    const found = await opened.registry.lookup('go.greeter');
    expect(found).toEqual(told.services.get('go.greeter'));
    expect(found[0]).toMatchObject({
      ...{ id: 'go-1', service: 'go.greeter', version: '2.0.0', address: '10.0.0.7:1' },
      metadata: { zone: 'b' },
      endpoints: [{ name: 'Greeter.Hello', kind: 'unary', request: { title: 'Req' } }],
    });
    expect(await opened.registry.list()).toEqual(['go.greeter']);
    await go.do('deregister', { service });
    await until(() => told.ids('go.greeter').length === 0);
    expect(await opened.registry.lookup('go.greeter')).toEqual([]);
  });
});
