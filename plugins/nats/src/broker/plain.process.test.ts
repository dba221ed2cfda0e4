import { defaultLimits } from '@micro-ts/interface';
import { needsServer, startFaultProxy, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { afterwards, closeAll, eventually } from '@micro-ts/testing';
import { brokerSupports } from './nats-broker.ts';
import { event, open, openClient, textOf } from '../opened.test.fixture.ts';

const passing = {
  queue: undefined,
  delivery: 'at-most-once',
  attempts: 1,
  concurrency: 1,
} as const;

needsServer(
  describe,
  'nats',
  true,
)('events that pass by', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('nats');
  });
  afterAll(() => server.close());
  afterEach(closeAll);

  it('that cannot be read are dropped and logged once, and hold nobody up', async () => {
    const { broker, log } = open({ servers: server.url });
    const came: string[] = [];
    await broker.subscribe('sick', async (each) => void came.push(textOf(each)), passing);
    const client = await openClient(server.url);
    const garbage = ['', 'no JSON', '{"Header":{},"Body":"***"}', '[]', 'x'.repeat(1024 * 1024)];
    for (let round = 0; round < 20; round += 1) {
      for (const each of garbage) client.publish('sick', each);
    }
    await client.flush();
    await broker.publish('sick', event('good'));
    await eventually(() => expect(came).toEqual(['good']));
    expect(log.complaints).toHaveLength(1);
  });

  it('are refused where they are larger than the server or the app lets pass', async () => {
    const { broker } = open({ servers: server.url });
    const sizes: number[] = [];
    await broker.subscribe('large', async ({ body }) => void sizes.push(body.length), passing);
    const large = (bytes: number) => broker.publish('large', event('x'.repeat(bytes)));
    await large(780_000);
    const most = new Uint8Array(brokerSupports.maxBytes ?? 0);
    const heavy = { 'x-heavy': 'x'.repeat(defaultLimits.metadataBytes) };
    await broker.publish('large', { ...event('', heavy), body: most });
    await eventually(() => expect(sizes).toContain(700_000));
    await expect(large(800_000)).rejects.toMatchObject({
      code: 'resource_exhausted',
      refused: true,
      message: expect.stringContaining('max_payload'),
    });
    const strict = open({ servers: server.url }, { ...defaultLimits, messageBytes: 1_000 });
    const small = strict.broker.publish('large', event('x'.repeat(1_001)));
    await expect(small).rejects.toMatchObject({ code: 'resource_exhausted' });
    const came: number[] = [];
    await strict.broker.subscribe(
      'large',
      async ({ body }) => void came.push(body.length),
      passing,
    );
    await large(2_000);
    await large(1_000);
    await eventually(() => expect(came).toEqual([1_000]));
    expect(sizes).toContain(780_000);
  });

  it.each(['', '.', 'a.', '.a', 'a..b', 'a b', 'a\r\nPUB b 0', 'x'.repeat(2_000)])(
    'have no such topic: %#',
    async (topic) => {
      const { broker } = open({ servers: server.url });
      const refused = { code: 'invalid_argument' };
      await expect(broker.publish(topic, event('x'))).rejects.toMatchObject(refused);
      const subscribing = broker.subscribe(topic, async () => undefined, passing);
      await expect(subscribing).rejects.toMatchObject(refused);
    },
  );

  it.each(['*', 'a.*', '>', 'a.>'])('cannot be published to %j', async (topic) => {
    const { broker } = open({ servers: server.url });
    const refused = { code: 'invalid_argument' };
    await expect(broker.publish(topic, event('x'))).rejects.toMatchObject(refused);
  });

  it.each([
    ...['$JS.API.STREAM.PURGE.MICRO_x', '$SYS.REQ.SERVER.PING', '_INBOX.x', 'MICRO.dead.x'],
    ...['micro.nats.query', 'micro.registry.nats.watch'],
  ])('have nothing to do with %s, which is said between servers and plugins', async (topic) => {
    const { broker } = open({ servers: server.url });
    const refused = { code: 'invalid_argument', message: expect.stringContaining('to themselves') };
    await expect(broker.publish(topic, event('x'))).rejects.toMatchObject(refused);
    for (const pattern of [topic, topic.replace(/\.[^.]+$/, '.>')]) {
      for (const delivery of ['at-most-once', 'at-least-once'] as const) {
        const options = { ...passing, delivery };
        const subscribing = broker.subscribe(pattern, async () => undefined, options);
        await expect(subscribing).rejects.toMatchObject(refused);
      }
    }
  });

  it.each([
    'go.micro.topic.user',
    'micro.topic',
    'micro.natsy.x',
    'MICRO.deadly',
    'a.$b',
    '_INBOX',
  ])('may have the topic %s', async (topic) => {
    const { broker } = open({ servers: server.url });
    const came: string[] = [];
    await broker.subscribe(topic, async (each) => void came.push(textOf(each)), passing);
    await broker.publish(topic, event('here'));
    await eventually(() => expect(came).toEqual(['here']));
  });

  it('reach a slow handler as far as there is room, and the others at once', async () => {
    const { broker, log } = open({ servers: server.url });
    const [slow, quick] = [[], []] as string[][];
    let free: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => (free = resolve));
    const hang = async (each: { body: Uint8Array }): Promise<void> => {
      slow?.push(textOf(each));
      await stuck;
    };
    await broker.subscribe('flood', hang, passing);
    const take = async (each: { body: Uint8Array }): Promise<void> =>
      void quick?.push(textOf(each));
    await broker.subscribe('flood', take, { ...passing, concurrency: 1_000 });
    const large = 'x'.repeat(500_000);
    for (let at = 0; at < 200; at += 1) await broker.publish('flood', event(large));
    await eventually(() => expect(quick).toHaveLength(200));
    expect(slow).toHaveLength(1);
    expect(log.complaints.filter(({ message }) => message.includes('too slow'))).toHaveLength(1);
    free();
    await eventually(() => expect(slow?.length).toBeGreaterThan(100));
    expect(slow?.length).toBeLessThan(200);
  });

  it('come again when a link that went silent is replaced', async () => {
    const proxy = await startFaultProxy(server.port);
    afterwards(() => proxy.close());
    const { broker } = open({ servers: `127.0.0.1:${proxy.port}` });
    const came: string[] = [];
    const take = async (each: { body: Uint8Array }): Promise<void> => void came.push(textOf(each));
    const subscription = await broker.subscribe('silent', take, passing);
    proxy.set('drop');
    const start = performance.now();
    expect(await subscription.closed).toMatchObject({ code: 'unavailable' });
    const noticed = performance.now() - start;
    console.log(`a link that went silent was lost after ${noticed.toFixed(0)} ms`);
    expect(noticed).toBeLessThan(30_000);
    proxy.set('none');
    await eventually(() => broker.subscribe('silent', take, passing));
    await open({ servers: server.url }).broker.publish('silent', event('again'));
    await eventually(() => expect(came).toEqual(['again']));
  });
});
