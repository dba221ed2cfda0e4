// Programs of go-micro v5.30.0 and of Micro on one server: its registry and its broker.
import { join } from 'node:path';
import type { Delivery, Node } from '@micro-ts/interface';
import { GoPeer, goProgram, needsGo, needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { closeAll, eventually, sampleNode } from '@micro-ts/testing';
import { event, open, textOf } from './opened.test.fixture.ts';

const passing = {
  queue: undefined,
  delivery: 'at-most-once',
  attempts: 1,
  concurrency: 8,
} as const;
const kept = { ...passing, delivery: 'at-least-once', attempts: 3 } as const;

const folder = join(__dirname, '..', 'fixtures', 'go-micro');
const program = goProgram({ folder, name: 'go-micro-nats' });

needsGo(describe, program)('go-micro v5.30.0', () => {
  needsServer(
    describe,
    'nats',
    true,
  )('on NATS', () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer('nats');
    });
    afterAll(() => server.close());
    afterEach(closeAll);

    async function start(): Promise<GoPeer> {
      const peer = new GoPeer(program, '-server', server.url);
      await peer.event((told) => told['event'] === 'ready');
      return peer;
    }

    const record = (service: string, id: string) => ({
      name: service,
      version: '1.2.3',
      endpoints: [{ name: 'Greeter.Hello', request: { name: 'Req', type: 'Req', values: [] } }],
      nodes: [{ id, address: '127.0.0.1:4711', metadata: { zone: 'a' } }],
    });

    it('registers nodes that Micro finds, lists, watches, and misses when they die', async () => {
      const go = await start();
      const { registry } = open({ servers: server.url });
      const told: (readonly Node[])[] = [];
      await registry.watch((services) => told.push(services.get('by.go') ?? []), 'by.go');
      await go.do('register', { record: record('by.go', 'go-1') });
      await eventually(() => expect(told.at(-1)?.map(({ id }) => id)).toEqual(['go-1']));
      const [node] = await registry.lookup('by.go');
      expect(node).toMatchObject({
        ...{ id: 'go-1', service: 'by.go', version: '1.2.3', address: '127.0.0.1:4711' },
        metadata: { zone: 'a' },
      });
      expect(node?.endpoints.map(({ name }) => name)).toEqual(['Greeter.Hello']);
      expect(await registry.list()).toContain('by.go');
      await go.do('register', { record: record('by.go', 'go-2') });
      await eventually(() => expect(told.at(-1)).toHaveLength(2));
      await go.do('deregister', { record: record('by.go', 'go-2') });
      await eventually(() => expect(told.at(-1)?.map(({ id }) => id)).toEqual(['go-1']));
      go.kill();
      const start_ = performance.now();
      await eventually(() => expect(told.at(-1)).toEqual([]), 40_000);
      const seconds = ((performance.now() - start_) / 1_000).toFixed(1);
      console.log(`a node of go-micro that was killed was gone after ${seconds} s`);
    });

    it('finds, lists and watches the nodes of Micro, and is not bothered by heartbeats', async () => {
      const go = await start();
      const { registry } = open({ servers: server.url });
      await go.do('watch', { service: 'by.micro' });
      const [one, two] = [sampleNode('by.micro'), sampleNode('by.micro', { version: '2.0.0' })];
      await registry.register(one, 30_000);
      await registry.register(two, 30_000);
      for (let beat = 0; beat < 5; beat += 1) await registry.register(one, 30_000);
      type Services = readonly {
        version: string;
        nodes: readonly { id: string; address: string }[];
      }[];
      const found = (await go.do('lookup', { service: 'by.micro' })) as Services;
      const versions = found.flatMap(({ version, nodes }) => nodes.map(({ id }) => [version, id]));
      expect(versions.sort()).toEqual([
        ['1.0.0', one.id],
        ['2.0.0', two.id],
      ]);
      expect(await go.do('list')).toContain('by.micro');
      await registry.deregister(two);
      await go.event(({ action, id }) => action === 'delete' && id === two.id);
      const watched = go.events.filter((told) => told['event'] === 'watched');
      expect(watched.map(({ action, id }) => [action, id])).toEqual([
        ['create', one.id],
        ['create', two.id],
        ['delete', two.id],
      ]);
    });

    it('hears what Micro publishes, and is heard, kept or not', async () => {
      const go = await start();
      const { broker } = open({ servers: server.url });
      const came: Delivery[] = [];
      const take = async (delivery: Delivery): Promise<void> => void came.push(delivery);
      await broker.subscribe('go.passing', take, passing);
      await broker.subscribe('kept.by.micro', take, { ...kept, queue: 'q' });
      const header = { 'Content-Type': 'application/json', 'X-Tenant': 'acme' };
      for (const topic of ['go.passing', 'kept.by.micro']) {
        await go.do('subscribe', { topic });
        await go.do('publish', { topic, header, body: '{"from":"go"}' });
        const delivery = await eventually(() => {
          const found = came.find((each) => each.topic === topic);
          if (found === undefined) throw new Error(`nothing came to ${topic}`);
          return found;
        });
        expect(textOf(delivery)).toBe('{"from":"go"}');
        expect(delivery.contentType).toBe('application/json');
        expect(delivery.metadata['x-tenant']).toBe('acme');
        await broker.publish(topic, event('{"from":"micro"}', { 'micro-id': '1', 'x-user': 'u' }));
        const heard = await go.event(
          (told) => told['topic'] === topic && told['body'] === '{"from":"micro"}',
        );
        expect(heard['header']).toMatchObject({
          'Content-Type': 'application/json',
          'Micro-ID': '1',
          'X-User': 'u',
        });
      }
    });

    it('shares a queue with Micro', async () => {
      const go = await start();
      const { broker } = open({ servers: server.url });
      const came: string[] = [];
      const take = async (delivery: Delivery): Promise<void> => void came.push(textOf(delivery));
      await broker.subscribe('shared.events', take, { ...passing, queue: 'both' });
      await go.do('subscribe', { topic: 'shared.events', queue: 'both' });
      const theirs = (): unknown[] =>
        go.events.map(({ body }) => body).filter((body) => String(body).startsWith('event-'));
      // go-micro does not wait until the server knows of it.
      await eventually(async () => {
        await broker.publish('shared.events', event('are you there?'));
        expect(go.events.some(({ body }) => body === 'are you there?')).toBe(true);
      });
      const expected = Array.from({ length: 100 }, (_none, at) => `event-${at}`);
      for (const text of expected) await broker.publish('shared.events', event(text));
      await eventually(() => {
        const ours = came.filter((text) => text.startsWith('event-'));
        expect([...ours, ...theirs()].sort()).toEqual([...expected].sort());
        expect(Math.min(ours.length, theirs().length)).toBeGreaterThan(10);
      });
    });
  });
});
