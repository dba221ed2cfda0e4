// go-micro v5.30.0 and Micro in one Consul.
import { join } from 'node:path';
import { metadata } from '@micro-ts/interface';
import { GoPeer, goProgram, needsGo, needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { closeAll, sampleNode, until } from '@micro-ts/testing';
import { open } from './app.test.fixture.ts';
import type { Opened } from './app.test.fixture.ts';
import consul from './index.ts';

/** go-micro's record of a service. */
interface Service {
  readonly name: string;
  readonly nodes: readonly { id: string; address: string; metadata: Record<string, string> }[];
  readonly [more: string]: unknown;
}

const folder = join(__dirname, '..', 'fixtures', 'go-micro');
const program = goProgram({ folder, name: 'go-micro-consul' });

needsServer(
  needsGo(describe, program),
  'consul',
  true,
)('go-micro and Micro on one consul', () => {
  let server: TestServer;
  let go: GoPeer;
  let app: Opened;

  beforeAll(async () => {
    server = await startServer('consul');
  });
  beforeEach(async () => {
    app = open(consul({ address: server.url }));
    go = new GoPeer(program, `127.0.0.1:${server.port}`, 'ts/greeter');
    await go.event(({ event }) => event === 'ready');
  });
  afterEach(closeAll);
  afterAll(() => server.close());

  const get = async (name: string): Promise<readonly Service[]> =>
    ((await go.do('get', { name })) ?? []) as readonly Service[];

  it('Go finds what Micro registers, and its watch hears of it', async () => {
    const node = sampleNode('ts/greeter', {
      address: '10.0.0.8:8080',
      metadata: metadata({ transport: 'http', zone: 'ä' }),
      endpoints: [{ name: 'Greeter.Hello', kind: 'unary', metadata: metadata({ a: 'b' }) }],
    });
    await app.registry.register(node, 30_000);
    await until(async () => (await get('ts/greeter')).length === 1);
    const [service] = await get('ts/greeter');
    expect(service).toMatchObject({ name: 'ts/greeter', version: '1.0.0' });
    expect(service?.['endpoints']).toMatchObject([{ name: 'Greeter.Hello', metadata: { a: 'b' } }]);
    const { address } = node;
    expect(service?.nodes).toMatchObject([{ address, metadata: { transport: 'http', zone: 'ä' } }]);
    const names = ((await go.do('list')) as Service[]).map(({ name }) => name);
    expect(names).toContain('ts/greeter');
    const heard = (event: string): boolean =>
      go.events.some(
        (told) =>
          told['event'] === event &&
          (told['service'] as Service | undefined)?.name === 'ts/greeter',
      );
    await until(() => heard('create'));
    await app.registry.register(node, 30_000);
    await app.registry.deregister(node);
    await until(async () => (await get('ts/greeter')).length === 0);
    await until(() => heard('delete'));
    expect(heard('update')).toBe(false); // a heartbeat is no news
  });

  it('Micro finds what Go registers, and its watches hear of it', async () => {
    const ids = { one: [] as readonly string[], all: [] as readonly string[] };
    const follow = (kind: keyof typeof ids, service?: string) =>
      app.registry.watch((changed) => {
        ids[kind] = changed.get('go.greeter')?.map(({ id }) => id) ?? ids[kind];
      }, service);
    await follow('one', 'go.greeter');
    await follow('all');
    const request = { name: 'Req', type: 'Req', values: [{ name: 'name', type: 'string' }] };
    const endpoints = [{ name: 'Greeter.Hello', request, metadata: {} }];
    const serviceOf = (id: string) => ({
      ...{ name: 'go.greeter', version: '2.0.0', endpoints },
      nodes: [{ id, address: `10.0.0.7:${id.length}`, metadata: { zone: 'b' } }],
    });
    await go.do('register', { service: serviceOf('go-1') });
    await until(() => ids.one.length === 1 && ids.all.length === 1);
    const found = await app.registry.lookup('go.greeter');
    expect(found).toMatchObject([
      {
        ...{ id: 'go-1', service: 'go.greeter', version: '2.0.0', address: '10.0.0.7:4' },
        metadata: { zone: 'b' },
        endpoints: [{ name: 'Greeter.Hello', kind: 'unary', request: { title: 'Req' } }],
      },
    ]);
    expect(await app.registry.list()).toEqual(['go.greeter']);
    // The tags are the same, so that the list of services says nothing of this one.
    await go.do('register', { service: serviceOf('go-22') });
    await until(() => ids.one.length === 2 && ids.all.length === 2);
    for (const id of ['go-1', 'go-22']) await go.do('deregister', { service: serviceOf(id) });
    await until(() => ids.one.length === 0 && ids.all.length === 0);
  });
});
