// Programs of go-micro v5.30.0 and of Micro on one server: its broker on RabbitMQ.
import { join } from 'node:path';
import { metadata } from '@micro-ts/interface';
import { closeAll } from '@micro-ts/testing';
import { GoPeer, goProgram, needsGo, needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer, Told } from '@micro-ts/testing/servers';
import { event, hear, open, until } from './scene.test.fixture.ts';

const atMostOnce = { delivery: 'at-most-once' } as const;

const folder = join(__dirname, '..', 'fixtures', 'go-micro');
const program = goProgram({ folder, name: 'go-micro-rabbitmq' });

needsGo(describe, program)('go-micro v5.30.0', () => {
  const suite = needsServer(describe, 'rabbitmq', true);
  suite('on RabbitMQ', () => {
    let server: TestServer;
    let go: GoPeer;
    beforeAll(async () => {
      server = await startServer('rabbitmq', { keepData: true });
    }, 120_000);
    afterAll(() => server.close());
    beforeEach(async () => {
      go = new GoPeer(program, '-server', server.url);
      await go.event((told) => told['event'] === 'ready');
    });
    afterEach(closeAll);

    /** The events that came to its subscribers. */
    const delivered = (): readonly Told[] =>
      go.events.filter((told) => told['event'] === 'delivered');

    /** go-micro subscribes behind the caller's back: events are sent until one comes. */
    async function subscribed(topic: string, options: object = {}): Promise<void> {
      const { broker } = open({ address: server.url });
      await go.do('subscribe', { topic, ...options });
      await until('go-micro subscribed', async () => {
        await broker.publish(topic, event('are you there?'));
        return delivered().length > 0;
      });
    }

    it('gets what is published here', async () => {
      await subscribed('go.gets');
      const { broker } = open({ address: server.url });
      await broker.publish('go.gets', {
        contentType: 'application/json',
        metadata: metadata({ 'micro-id': '7', 'x-tenant': 'Zoë' }),
        body: Buffer.from('{"name":"from-ts"}'),
      });
      const mine = () => delivered().find(({ body }) => body === '{"name":"from-ts"}');
      await until('it came', () => mine() !== undefined);
      expect(mine()).toEqual({
        ...{ event: 'delivered', topic: 'go.gets', body: '{"name":"from-ts"}' },
        header: {
          ...{ 'Content-Type': 'application/json', 'Micro-Topic': 'go.gets' },
          ...{ 'Micro-ID': '7', 'X-Tenant': 'Zoë' },
        },
      });
    });

    it('publishes what is got here, also by lasting queues', async () => {
      const { broker } = open({ address: server.url });
      const passing = await hear(broker, 'go.sends', atMostOnce);
      const lasting = await hear(broker, 'go.sends', { queue: 'go-sends' });
      const header = { 'Content-Type': 'application/json', 'Micro-ID': '8' };
      await go.do('publish', { topic: 'go.sends', body: '{"name":"from-go"}', header });
      const both = [passing, lasting];
      await until('both got it', () => both.every(({ deliveries }) => deliveries.length === 1));
      for (const { deliveries, texts } of both) {
        expect(texts()).toEqual(['{"name":"from-go"}']);
        expect(deliveries[0]).toMatchObject({
          ...{ contentType: 'application/json', topic: 'go.sends', attempt: 1 },
          metadata: { 'micro-id': '8' },
        });
      }
    });

    it.each([
      ['that passes', { durable: false }, 'at-most-once'],
      ['that lasts', { durable: true }, 'at-least-once'],
    ] as const)('shares a queue %s', async (_what, durable, delivery) => {
      const topic = `go.shared.${delivery}`;
      const queue = `shared-${delivery}`;
      await subscribed(topic, { queue, ...durable });
      const { broker } = open({ address: server.url });
      const heard = await hear(broker, topic, { queue, delivery });
      const texts = Array.from({ length: 40 }, (_none, at) => `shared ${at}`);
      for (const text of texts) await broker.publish(topic, event(text));
      const all = (): readonly string[] =>
        [...heard.texts(), ...delivered().map(({ body }) => String(body))].filter((text) =>
          text.startsWith('shared'),
        );
      await until('all came', () => all().length >= texts.length);
      expect([...all()].sort()).toEqual([...texts].sort());
      expect(heard.deliveries.length).toBeGreaterThan(0);
      expect(heard.deliveries.length).toBeLessThan(texts.length);
    });
  });
});
