// A service that has so many nodes that only what changes is read.
import { metadata } from '@micro-ts/interface';
import type { Node } from '@micro-ts/interface';
import { encodeServiceTags } from '@micro-ts/wire';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { closeAll, sampleNode, until } from '@micro-ts/testing';
import { api, open } from './app.test.fixture.ts';
import { crowd } from './crowd-watch.ts';
import consul from './index.ts';

needsServer(
  describe,
  'consul',
  true,
)('a watch of a crowd in consul', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startServer('consul');
  });
  afterEach(async () => {
    await closeAll();
    await server.close();
  });

  it('sees what comes, changes, goes, falls sick and is well again, and nodes of Go', async () => {
    const { registry } = open(consul({ address: server.url }));
    const { put } = api(server.url);
    let known = new Map<string, Node>();
    let told = 0;
    const watch = await registry.watch((changed) => {
      told += 1;
      known = new Map(changed.get('host')?.map((node) => [node.id, node]));
    }, 'host');
    const nodes = Array.from({ length: crowd + 50 }, () => sampleNode('host'));
    await Promise.all(nodes.map((node) => registry.register(node, 60_000)));
    await until(() => known.size === nodes.length);
    const fresh = sampleNode('host');
    await registry.register(fresh, 60_000);
    await until(() => known.has(fresh.id));
    expect(known.get(fresh.id)).toEqual(fresh);
    const changed = { ...fresh, metadata: metadata({ transport: 'http', zone: 'b' }) };
    await registry.register(changed, 60_000);
    await until(() => known.get(fresh.id)?.metadata['zone'] === 'b');
    const fail = `/v1/agent/check/fail/service:${fresh.id}`;
    await put(fail);
    await until(() => !known.has(fresh.id));
    await registry.register(changed, 60_000);
    await until(() => known.has(fresh.id));
    await registry.deregister(fresh);
    await until(() => !known.has(fresh.id));
    const before = told;
    await Promise.all(nodes.map((node) => registry.register(node, 60_000)));
    expect(told).toBe(before); // heartbeats are no news

    const foreign = (id: string, zone: string): Promise<unknown> => {
      const Tags = encodeServiceTags(sampleNode('host', { id, metadata: metadata({ zone }) }));
      const body = { ID: id, Name: 'host', Address: '10.0.0.9', Port: 80, Tags };
      return put('/v1/agent/service/register', body);
    };
    await foreign('go-1', 'a');
    await until(() => known.get('go-1')?.metadata['zone'] === 'a');
    await foreign('go-2', 'a'); // with the same tags
    await until(() => known.has('go-2'));
    await foreign('go-1', 'b');
    await until(() => known.get('go-1')?.metadata['zone'] === 'b');
    await put('/v1/agent/service/deregister/go-1');
    await until(() => !known.has('go-1'));
    await put('/v1/agent/maintenance?enable=true');
    await until(() => known.size === 0);
    await put('/v1/agent/maintenance?enable=false');
    await until(() => known.size === nodes.length + 1);
    await Promise.all(nodes.map((node) => registry.deregister(node)));
    await until(() => known.size === 1);
    await server.stop();
    expect(await watch.closed).toMatchObject({ code: 'unavailable' });
  });
});
