import { metadata } from '@micro-ts/interface';
import { decodeServiceTags } from '@micro-ts/wire';
import { needsServer, serverUrl } from '@micro-ts/testing/servers';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { closeAll, eventually, sampleNode, until } from '@micro-ts/testing';
import { api, open } from './app.test.fixture.ts';
import type { Opened } from './app.test.fixture.ts';
import consul from './index.ts';

/** What Consul said of a go-micro v5.30.0 service. */
const golden = JSON.parse(
  readFileSync(join(__dirname, 'golden', 'consul-agent-services.json'), 'utf8'),
) as Record<string, { readonly ID: string; readonly Service: string } & Record<string, unknown>>;
const greeter = Object.values(golden).find(({ Service }) => Service === 'greeter');
const hex = (text: string | Buffer): string => deflateSync(text).toString('hex');

interface Listed {
  readonly Tags: readonly string[];
  readonly Meta: Readonly<Record<string, string>>;
  readonly Port: number;
  readonly Address: string;
}

needsServer(describe, 'consul')('records in consul', () => {
  let consulApi: ReturnType<typeof api>;
  let url: string;
  let app: Opened;
  let service: string;
  let made = 0;
  beforeAll(async () => {
    url = await serverUrl('consul');
    consulApi = api(url);
  });
  beforeEach(() => {
    app = open(consul({ address: url }));
    made += 1;
    service = `records${process.pid}n${made}${Date.now().toString(36)}`;
  });
  afterEach(closeAll);
  const register = (id: string, more: object): Promise<unknown> =>
    consulApi.put('/v1/agent/service/register', { ID: id, Name: service, Port: 80, ...more });
  const gone = (id: string): Promise<unknown> =>
    consulApi.put(`/v1/agent/service/deregister/${encodeURIComponent(id)}`);
  const ids = async (): Promise<readonly string[]> =>
    (await app.registry.lookup(service)).map(({ id }) => id);

  it('of go-micro v5.30.0 are read as they were meant', async () => {
    const { Tags, Meta, Port, Address } = greeter as unknown as Listed;
    await register('go-1', { Tags, Meta, Port, Address });
    await until(async () => (await ids()).length === 1);
    const [node] = await app.registry.lookup(service);
    expect(node).toEqual({
      id: 'go-1',
      service,
      address: '127.0.0.1:18811',
      ...decodeServiceTags(Tags),
    });
    expect(node?.metadata).toMatchObject({ protocol: 'mucp', zone: 'a' });
    expect(node?.endpoints[0]).toMatchObject({ name: 'Greeter.Hello', kind: 'unary' });
    await gone('go-1');
  });

  it('are written in the form of go-micro, with two tags more', async () => {
    const { Tags, Meta, Port, Address } = greeter as unknown as Listed;
    const node = sampleNode(service, { address: `${Address}:${Port}`, ...decodeServiceTags(Tags) });
    await app.registry.register(node, 90_000);
    const all = (await consulApi.get('/v1/agent/services')) as Record<string, Listed>;
    const ours = all[node.id];
    expect({ ...ours, Tags: [] }).toEqual({ ...greeter, ID: node.id, Service: service, Tags: [] });
    expect(ours?.Meta).toEqual(Meta);
    expect(ours?.Tags.map((tag) => tag[0])).toEqual([...Tags.map((tag) => tag[0]), 'r', 'r']);
    expect(decodeServiceTags(ours?.Tags ?? [])).toEqual(decodeServiceTags(Tags));
    const checks = (await consulApi.get('/v1/agent/checks')) as Record<string, unknown>;
    expect(checks[`service:${node.id}`]).toMatchObject({ Type: 'ttl', Status: 'passing' });
    await app.registry.deregister(node);
  });

  it.each(['greeter.bus.subject', '[::1]:8080', '::1', '/run/greeter.sock', 'host.name:80', 'a b'])(
    'keep the address %j as it is',
    async (address) => {
      const node = sampleNode(service, { address });
      await app.registry.register(node, 90_000);
      await until(async () => (await ids()).length === 1);
      expect(await app.registry.lookup(service)).toEqual([node]);
      await app.registry.deregister(node);
    },
  );

  it('keep metadata that Consul has no room for', async () => {
    const many = Array.from({ length: 100 }, (_, i) => [`key${i}`, `${i}`] as const);
    const odd = { 'consul-x': '1', 'ä b': '2', long: 'x'.repeat(513), ['k'.repeat(129)]: '3' };
    const node = sampleNode(service, { metadata: metadata(many, odd) });
    await app.registry.register(node, 90_000);
    await until(async () => (await ids()).length === 1);
    expect(await app.registry.lookup(service)).toEqual([node]);
    const all = (await consulApi.get('/v1/agent/services')) as Record<string, Listed>;
    expect(Object.keys(all[node.id]?.Meta ?? {})).toHaveLength(64);
    await app.registry.deregister(node);
  });

  it('of others are passed over, and what is corrupt is said once', async () => {
    const told: (readonly string[])[] = [];
    const watch = await app.registry.watch((changed) => {
      for (const nodes of changed.values()) told.push(nodes.map(({ id }) => id));
    }, service);
    const v = `v-${hex('1')}`;
    await register('db', { Tags: ['primary', 'v-2', 't-shirt'] });
    await register('old', { Tags: ['v=1', 't={"a":"b"}', 'e={"name":"A.B"}'] });
    await register('bomb', { Tags: [v, `t-${hex(Buffer.alloc(64 * 1024 * 1024))}`] });
    await register('large', { Tags: [v, `t-${hex(JSON.stringify({ a: 'x'.repeat(5e6) }))}`] });
    await register('nonsense', { Tags: [v, 't-xyz'] });
    await register('good', { Tags: [v], Port: 81, Address: '' });
    // The agent tells the catalog of them one by one, in no order.
    const corrupt = (): readonly unknown[] =>
      app.log.lines.map(({ fields }) => fields?.['id']).sort();
    await until(async () => (await ids()).length === 2 && corrupt().length === 3);
    for (let i = 0; i < 3; i += 1) await app.registry.lookup(service);
    const nodes = await app.registry.lookup(service);
    expect([...nodes].sort((a, b) => (a.id < b.id ? -1 : 1))).toMatchObject([
      { id: 'good', version: '1', address: '127.0.0.1:81' },
      { id: 'old', version: '1', metadata: { a: 'b' }, endpoints: [{ name: 'A.B' }] },
    ]);
    await until(() => told.at(-1)?.length === 2);
    expect(corrupt()).toEqual(['bomb', 'large', 'nonsense']);
    expect(await app.registry.list()).toContain(service);
    expect(await app.registry.list()).not.toContain('consul');
    await watch.close();
    for (const id of ['db', 'old', 'bomb', 'large', 'nonsense', 'good']) await gone(id);
  });

  it('may be large: 1 MB of metadata that cannot be compressed is kept, or refused in time', async () => {
    const noise = Array.from({ length: 750_000 }, () => Math.floor(Math.random() * 256));
    const node = sampleNode(service, {
      metadata: metadata({ big: Buffer.from(noise).toString('base64') }),
    });
    const stored = await app.registry.register(node, 90_000).then(
      () => 'kept',
      (error: unknown) => (error as Error).message,
    );
    console.log(`1 MB of metadata: ${stored.slice(0, 200)}`);
    if (stored === 'kept') {
      await until(async () => (await ids()).length === 1);
      expect(await app.registry.lookup(service)).toEqual([node]);
      await app.registry.deregister(node);
    }
    const small = sampleNode(service);
    await app.registry.register(small, 90_000);
    await until(async () => (await ids()).includes(small.id));
    await app.registry.deregister(small);
  }, 60_000);

  it('are told apart where Consul does not tell upper from lower case', async () => {
    const [lower, upper] = [sampleNode(service), sampleNode(service.toUpperCase())];
    await app.registry.register(lower, 90_000);
    await app.registry.register(upper, 90_000);
    await eventually(async () => {
      expect(await app.registry.lookup(service)).toEqual([lower]);
      expect(await app.registry.lookup(service.toUpperCase())).toEqual([upper]);
    });
    for (const node of [lower, upper]) await app.registry.deregister(node);
  });

  it('of a machine that is down, or in maintenance, are not found, told or listed', async () => {
    const node = sampleNode(service);
    await app.registry.register(node, 90_000);
    await until(async () => (await ids()).length === 1);
    const told: number[] = [];
    const watch = await app.registry.watch((changed) => {
      const nodes = changed.get(service);
      if (nodes !== undefined) told.push(nodes.length);
    });
    const maintain = (on: boolean): Promise<unknown> =>
      consulApi.put(`/v1/agent/service/maintenance/${node.id}?enable=${on}`);
    await maintain(true);
    await until(() => told.at(-1) === 0);
    expect(await ids()).toEqual([]);
    expect(await app.registry.list()).not.toContain(service);
    await maintain(false);
    await until(() => told.at(-1) === 1);
    const machine = { Node: `m-${service}`, Address: '127.0.0.9' };
    const { Tags } = greeter as unknown as Listed;
    const far = { ID: 'far', Service: `${service}-far`, Tags, Port: 1 };
    const check = (Status: string) => ({ CheckID: 'serfHealth', Name: 'alive', Status });
    await consulApi.put('/v1/catalog/register', {
      ...machine,
      Service: far,
      Check: check('passing'),
    });
    await until(async () => (await app.registry.list()).includes(`${service}-far`));
    await consulApi.put('/v1/catalog/register', { ...machine, Check: check('critical') });
    await until(async () => !(await app.registry.list()).includes(`${service}-far`));
    expect(await app.registry.lookup(`${service}-far`)).toEqual([]);
    await consulApi.put('/v1/catalog/deregister', { Node: machine.Node });
    await watch.close();
    await app.registry.deregister(node);
  });

  it('that go-micro writes are told by a watch of all too, without a mark in them', async () => {
    const { Tags } = greeter as unknown as Listed;
    let last: readonly string[] = [];
    const watch = await app.registry.watch((changed) => {
      last = changed.get(service)?.map(({ id, address }) => `${id} ${address}`) ?? last;
    });
    const host = { Tags, Address: '10.0.0.1' };
    await register('go-1', host);
    await until(() => last.length === 1);
    await register('go-2', host); // the same tags: the list of services is as it was
    await until(() => last.length === 2);
    await register('go-1', { ...host, Port: 99 });
    await until(() => last.includes('go-1 10.0.0.1:99'));
    await gone('go-1');
    await until(() => last.length === 1);
    await gone('go-2');
    await until(() => last.length === 0);
    await watch.close();
  });
});
