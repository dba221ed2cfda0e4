import type { Node } from '@micro-ts/interface';
import { needsServer, startFaultProxy, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { afterwards, closeAll, eventually, sampleNode } from '@micro-ts/testing';
import { open, openClient } from '../opened.test.fixture.ts';

const idsOf = (nodes: readonly Node[] | undefined): readonly string[] =>
  (nodes ?? []).map(({ id }) => id);

needsServer(
  describe,
  'nats',
  true,
)('the registry on NATS, where words take their time', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('nats');
  });
  afterAll(() => server.close());
  afterEach(closeAll);

  /** A way to the server that takes so many ms in each direction, once it is dialled. */
  async function slowWay(slow: number) {
    const proxy = await startFaultProxy(server.port);
    afterwards(() => proxy.close());
    const opened = open({ servers: `127.0.0.1:${proxy.port}` });
    await opened.registry.localAddress(); // dials
    proxy.set({ slow });
    return opened.registry;
  }

  async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const value = await work();
    console.log(`${what}: ${(performance.now() - start).toFixed(0)} ms`);
    return value;
  }

  it('a server that is slow for all: all is found, and told at first', async () => {
    const [one, other] = [await slowWay(200), await slowWay(200)];
    const node = sampleNode('far');
    await one.register(node, 30_000);
    const found = await timed('looked up over 200 ms', () => other.lookup('far'));
    expect(idsOf(found)).toEqual([node.id]);
    const names = await timed('listed over 200 ms', () => other.list());
    expect(names).toContain('far');
    const told: (readonly string[])[] = [];
    await timed('watched over 200 ms', () =>
      other.watch((changed) => told.push(idsOf(changed.get('far'))), 'far'),
    );
    expect(told).toEqual([[node.id]]);
  });

  it('only the others are slow: the watch begins with nobody, and late answers are news', async () => {
    const [one, other] = [await slowWay(450), open({ servers: server.url }).registry];
    const node = sampleNode('late');
    await one.register(node, 30_000);
    const start = performance.now();
    const told: (readonly string[])[] = [];
    await other.watch((changed) => told.push(idsOf(changed.get('late'))), 'late');
    expect(told).toEqual([[]]);
    await eventually(() => expect(told).toEqual([[], [node.id]]));
    console.log(`a late answer was told after ${(performance.now() - start).toFixed(0)} ms`);
  });

  it('answers without an end: a lookup ends in time, with what has come', async () => {
    const client = await openClient(server.url);
    const record = { name: 'endless', nodes: [{ id: 'endless-1', address: 'h:1' }] };
    client.subscribe('micro.nats.query', {
      callback: (_error, question) => {
        const answering = setInterval(() => question.respond(JSON.stringify(record)), 20);
        afterwards(() => clearInterval(answering));
      },
    });
    await client.flush();
    const { registry } = open({ servers: server.url }, { handshake: 2_000 });
    await registry.localAddress();
    const found = await timed('endless answers', () => registry.lookup('endless'));
    expect(idsOf(found)).toEqual(['endless-1']);
  });
});
