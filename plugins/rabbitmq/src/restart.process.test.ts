import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createApp } from '@micro-ts/core';
import type { App } from '@micro-ts/core';
import { MemoryNetwork, memory } from '@micro-ts/memory';
import { afterwards, closeAll, LogRecorder } from '@micro-ts/testing';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { rabbitmq } from './index.ts';
import { event, failure, hear, open, rawChannel, until } from './scene.test.fixture.ts';

needsServer(
  describe,
  'rabbitmq',
  true,
)('a RabbitMQ that restarts', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('rabbitmq', { keepData: true });
  }, 120_000);
  afterAll(() => server.close());
  afterEach(closeAll);

  it('keeps the events of a queue whose consumers are away, also those after its restart', async () => {
    const one = open({ address: server.url });
    const lasting = { queue: 'restart-mail' };
    const before = await hear(one.broker, 'restart.mail', lasting);
    await before.subscription.close();
    await one.broker.publish('restart.mail', event('before'));
    await server.stop();
    expect((await failure(one.broker.publish('restart.mail', event('x')))).code).toBe(
      'unavailable',
    );
    await server.start();
    await one.broker.publish('restart.mail', event('after'));
    const after = await hear(open({ address: server.url }).broker, 'restart.mail', lasting);
    await until('both came', () => after.deliveries.length === 2);
    // A server that was killed takes all that it kept for delivered once.
    expect([...after.texts()].sort()).toEqual(['after', 'before']);
  });

  it('keeps the events of a subscriber without a queue that lost its way', async () => {
    const { broker } = open({ address: server.url });
    const texts: string[] = [];
    const handler = async ({ body }: { body: Uint8Array }): Promise<void> =>
      void texts.push(new TextDecoder().decode(body));
    const options = { delivery: 'at-least-once', attempts: 3, concurrency: 1 } as const;
    const first = await broker.subscribe('restart.all', handler, options);
    await server.stop();
    expect(await first.closed).toMatchObject({ code: 'unavailable' });
    await server.start();
    await broker.publish('restart.all', event('meanwhile'));
    const second = await broker.subscribe('restart.all', handler, options); // as core does
    afterwards(() => second.close());
    await until('it came', () => texts.length === 1);
    expect(texts).toEqual(['meanwhile']);
  });

  it.each([
    ['a shared queue', { queue: 'restart-disk' }],
    ['a queue of its own', {}],
  ])('has all on disk that %s needs', async (how, own) => {
    const retryDelay = 4_000 + how.length;
    const { broker } = open({ address: server.url, retryDelay });
    const topic = `restart.disk.${how.length}`;
    const failing = async (): Promise<void> => {
      throw new Error('not now');
    };
    const { deliveries } = await hear(broker, topic, own, failing);
    await until('the binding is kept', () => commitsBehind('lastIndexOf', topic) >= 2);
    await broker.publish(topic, event('x'));
    const kept = (): boolean => commitsBehind('indexOf', `.retry.${retryDelay}`) >= 2;
    // Its next attempt makes further changes.
    await until('what waits is kept', () => deliveries.length === 1 && kept());
  });

  /** How many changes the server has on disk behind the first or the last place of a text. */
  function commitsBehind(find: 'indexOf' | 'lastIndexOf', text: string): number {
    const data = join(server.folder, 'data');
    const node = readdirSync(data).find((each) => each.endsWith('@localhost')) ?? '';
    const log = join(data, node, 'LATEST.LOG');
    if (!existsSync(log)) return 2; // a later RabbitMQ, which has no Mnesia
    const written = readFileSync(log, 'latin1');
    const at = written[find](text);
    return at < 0 ? -1 : written.slice(at).split('presume_abort').length - 1;
  }

  it('gets go-micro events to lasting queues as soon as anyone of ours is back', async () => {
    const { broker } = open({ address: server.url });
    const queue = 'restart-go';
    await hear(broker, 'restart.go', { queue });
    await server.stop();
    await server.start();
    await until('it is back', async () => {
      const heard = await hear(broker, 'restart.go', { queue }).catch(() => undefined);
      if (heard === undefined) return false;
      const go = await rawChannel(server.url);
      await go.assertExchange('micro', 'topic', { durable: false });
      go.publish('micro', 'restart.go', Buffer.from('{}'));
      await until('the event of go-micro came', () => heard.deliveries.length === 1);
      return true;
    });
  });

  async function app(): Promise<App> {
    const network = memory({ network: new MemoryNetwork() });
    const broker = rabbitmq({ address: server.url });
    const made = await createApp({
      ...{ name: 'restart', registry: network, transports: [network], broker },
      logger: new LogRecorder(),
    });
    afterwards(() => made.close());
    return made;
  }

  it.each([['with what it kept'], ['empty']])('has all subscriptions back %s', async (how) => {
    const subscriber = await app();
    const publisher = await app();
    const came = { once: new Set<number>(), least: new Set<number>() };
    const take = (set: Set<number>) => async (given: unknown) =>
      void set.add((given as { n: number }).n);
    await subscriber.subscribe('restart.app', take(came.once));
    const lasting = { queue: `restart-app-${how.slice(0, 4)}`, delivery: 'at-least-once' } as const;
    await subscriber.subscribe('restart.app', take(came.least), lasting);
    await publisher.publish('restart.app', { n: 0 });
    await until('the first came', () => came.once.has(0) && came.least.has(0));
    await server.stop();
    await pause(2_000);
    if (how === 'empty') await server.wipe();
    await server.start();
    let n = 0;
    const took = await until('an event comes to both', async () => {
      const published = publisher.publish('restart.app', { n: (n += 1) });
      await published.catch(() => undefined);
      return came.once.has(n) && came.least.has(n);
    });
    console.log(`rabbitmq ${how}: events come ${took.toFixed(0)} ms after its start`);
  });

  it('loses none of 10,000 events whose publish resolved', async () => {
    const subscriber = await app();
    const publisher = await app();
    const came = new Map<number, number>();
    const lasting = { delivery: 'at-least-once', attempts: 20, concurrency: 64 } as const;
    const options = { queue: 'restart-many', ...lasting };
    await subscriber.subscribe(
      'restart.many',
      async (given) => {
        const { n } = given as { n: number };
        came.set(n, (came.get(n) ?? 0) + 1);
      },
      options,
    );
    const total = 10_000;
    const taken = new Set<number>();
    let [next, refused] = [0, 0];
    const lane = async (): Promise<void> => {
      while (next < total) {
        const n = next++;
        while (!taken.has(n)) {
          try {
            await publisher.publish('restart.many', { n });
            taken.add(n);
          } catch {
            refused += 1;
            await pause(50);
          }
        }
      }
    };
    const start = performance.now();
    const lanes = Promise.all(Array.from({ length: 64 }, lane));
    await until('a third is taken', () => taken.size > total / 3, 60_000);
    await server.stop();
    await server.start();
    await lanes;
    const done = performance.now() - start;
    await until('all came', () => [...taken].every((n) => came.has(n)), 60_000);
    const doubled = [...came.values()].filter((count) => count > 1).length;
    console.log(
      `rabbitmq: ${total} events with a restart in ${(done / 1_000).toFixed(1)} s, ` +
        `${refused} publishes failed, 0 lost, ${doubled} came twice`,
    );
    expect(came.size).toBe(total);
    expect(refused).toBeGreaterThan(0);
  });
});
