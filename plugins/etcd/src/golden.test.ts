// Keys and values of a go-micro v5.30.0 service, as it wrote them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needsServer, serverUrl } from '@micro-ts/testing/servers';
import type { Etcd3 } from 'etcd3';
import { closeAll } from '@micro-ts/testing';
import { freshPrefix, openClient, openRegistry } from './opened.test.fixture.ts';
import type { Opened } from './opened.test.fixture.ts';

const file = join(__dirname, 'golden', 'etcd-keys-and-values.txt');
const [greeterKey = '', greeter = '', brokerKey = '', broker = ''] = readFileSync(file, 'utf8')
  .trim()
  .split('\n');

needsServer(describe, 'etcd')('records of go-micro', () => {
  const prefix = freshPrefix();
  const moved = (key: string): string => key.replace('/micro/registry/', prefix);
  let client: Etcd3;
  let opened: Opened;

  beforeEach(async () => {
    const url = await serverUrl('etcd');
    client = openClient(url);
    opened = openRegistry({ addresses: url, prefix });
    await client.delete().prefix(prefix);
  });
  afterEach(closeAll);

  it('are found as Go wrote them', async () => {
    await client.put(moved(greeterKey)).value(greeter);
    await client.put(moved(brokerKey)).value(broker);
    expect(await opened.registry.list()).toEqual(['greeter', 'micro.http.broker']);
    const [node, ...more] = await opened.registry.lookup('greeter');
    expect(more).toEqual([]);
    expect(node).toMatchObject({
      id: 'greeter-11111111-2222-4333-8444-555555555555',
      version: '1.0.0',
      address: '127.0.0.1:18811',
      metadata: { broker: 'http', server: 'mucp', zone: 'a' },
    });
    expect(node?.endpoints[0]).toMatchObject({ name: 'Greeter.Hello' });
    const [queue] = await opened.registry.lookup('micro.http.broker');
    expect(queue).toMatchObject({ version: 'q1', metadata: { topic: 'events' }, endpoints: [] });
  });

  it.each([
    [greeterKey, greeter],
    [brokerKey, broker],
  ])('are written as Go wrote them: %s', async (key, value) => {
    await client.put(moved(key)).value(value);
    const name = (JSON.parse(value) as { name: string }).name;
    const [node] = await opened.registry.lookup(name);
    if (node === undefined) throw new Error('not found');
    await client.delete().key(moved(key));
    await opened.registry.register(node, 30_000);
    const [written, ...more] = (await client.getAll().prefix(prefix).exec()).kvs;
    expect(more).toEqual([]);
    expect(written?.key.toString()).toBe(moved(key));
    expect(written?.lease).not.toBe('0');
    expect(JSON.parse(String(written?.value))).toEqual(JSON.parse(value));
  });

  it('with slashes in their names have dashes in their keys', async () => {
    await client.put(moved(greeterKey)).value(greeter);
    const [node] = await opened.registry.lookup('greeter');
    if (node === undefined) throw new Error('not found');
    await opened.registry.register({ ...node, service: 'a/b', id: 'c/d' }, 30_000);
    expect(await client.get(`${prefix}a-b/c-d`).string()).toContain('"name":"a/b"');
    expect(await opened.registry.lookup('a-b')).toEqual([]);
    expect(await opened.registry.lookup('a/b')).toHaveLength(1);
  });
});
