// What others may leave below our prefix.
import { needsServer, serverUrl } from '@micro-ts/testing/servers';
import { encodeRecord } from '@micro-ts/wire';
import type { Etcd3 } from 'etcd3';
import { closeAll, sampleNode, until } from '@micro-ts/testing';
import { freshPrefix, openClient, openRegistry } from './opened.test.fixture.ts';
import { rejection, Told } from './opened.test.fixture.ts';
import type { Opened } from './opened.test.fixture.ts';

const garbage = [
  '',
  'hello',
  'null',
  '[]',
  '{}',
  '{"name":1}',
  '{"name":"a","nodes":[1]}',
  '\0\xff',
];

needsServer(describe, 'etcd')('what others leave below the prefix', () => {
  let prefix: string;
  let client: Etcd3;
  let opened: Opened;

  beforeEach(async () => {
    const url = await serverUrl('etcd');
    prefix = freshPrefix();
    client = openClient(url);
    opened = openRegistry({ addresses: url, prefix });
  });
  afterEach(async () => {
    await client.delete().prefix(prefix);
    await closeAll();
  });

  it('is skipped, and told of once for each key', async () => {
    const node = sampleNode('greeter');
    await opened.registry.register(node, 30_000);
    const put = () =>
      Promise.all(
        garbage.map((value, at) => client.put(`${prefix}greeter/${at}`).value(Buffer.from(value))),
      );
    await put();
    const told = new Told();
    const watch = await opened.registry.watch(told.listener);
    for (let round = 0; round < 3; round += 1) {
      expect(await opened.registry.lookup('greeter')).toEqual([node]);
      expect(await opened.registry.list()).toEqual(['greeter']);
      await put();
    }
    const second = sampleNode('greeter');
    await opened.registry.register(second, 30_000);
    await until(() => told.ids('greeter').length === 2);
    await watch.close();
    const keys = opened.log.complaints.map(({ fields }) => fields?.['key']);
    // `{}` and others lack a name; an empty record of a service is none.
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBeGreaterThanOrEqual(6);
    for (const { fields } of opened.log.complaints)
      expect(String(fields?.['error'])).not.toMatch(/hello/);
  });

  it('takes a node away when its record becomes garbage, and brings it back', async () => {
    const node = sampleNode('greeter');
    const key = `${prefix}greeter/${node.id}`;
    const told = new Told();
    await opened.registry.watch(told.listener, 'greeter');
    await opened.registry.register(node, 30_000);
    await until(() => told.ids('greeter').length === 1);
    await client.put(key).value('garbage');
    await until(() => told.ids('greeter').length === 0);
    await opened.registry.register(node, 30_000);
    await until(() => told.ids('greeter').length === 1);
  });

  it('may be large: 40 values of 1 MB do not fit into one answer', async () => {
    const filler = 'x'.repeat(1_000_000);
    const large = sampleNode('large');
    for (let at = 0; at < 40; at += 1) {
      const value =
        at % 2 === 0 ? filler : encodeRecord({ ...large, id: `${at}`, version: filler });
      await client.put(`${prefix}large/${at}`).value(value);
    }
    const node = sampleNode('large');
    const patient = { handshake: 60_000 }; // 40 MB on a busy machine
    const { registry, log } = openRegistry({ addresses: await serverUrl('etcd'), prefix }, patient);
    await registry.register(node, 60_000);
    const told = new Told();
    await registry.watch(told.listener);
    expect(told.ids('large')).toHaveLength(21);
    expect(await registry.lookup('large')).toHaveLength(21);
    expect(await registry.list()).toEqual(['large']);
    expect(log.complaints.length).toBe(20);
  }, 60_000);

  it('does not keep a record that is too large for etcd from being refused', async () => {
    const node = sampleNode('greeter', { version: 'x'.repeat(3_000_000) });
    const error = await rejection(opened.registry.register(node, 30_000));
    expect(error.code).toBe('resource_exhausted');
    expect(error.message).toMatch(
      /127\.0\.0\.1:\d+ takes no record that large.*--max-request-bytes/,
    );
    expect(await opened.registry.lookup('greeter')).toEqual([]);
  });
});
