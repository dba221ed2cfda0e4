import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { needsServer, startProgram, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { closeAll, eventually } from '@micro-ts/testing';
import { event, keepSubscribed, open, openClient, textOf } from '../opened.test.fixture.ts';
import type { Options } from '../opened.test.fixture.ts';
import { readDeadLetters } from './dead-letters.test.fixture.ts';

const kept = { delivery: 'at-least-once', attempts: 3, concurrency: 64 } as const;

needsServer(
  describe,
  'nats',
  true,
)('events that JetStream keeps', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('nats');
  });
  afterAll(() => server.close());
  afterEach(closeAll);
  afterEach(() => server.start());

  const manager = async () => jetstreamManager(await openClient(server.url), { checkAPI: false });

  it('10,000, with the server killed and started in the middle: those that were taken come', async () => {
    const { broker } = open({ servers: server.url });
    const other = open({ servers: server.url });
    const times = new Map<string, number>();
    const count = async (delivery: { body: Uint8Array }): Promise<void> => {
      const text = textOf(delivery);
      times.set(text, (times.get(text) ?? 0) + 1);
    };
    const subscription = await keepSubscribed(other.broker, 'many.events', count, { queue: 'q' });
    const taken: string[] = [];
    let failed = 0;
    const publish = async (from: number): Promise<void> => {
      for (let at = from; at < 10_000; at += 50) {
        const text = `event-${at}`;
        await broker.publish('many.events', event(text, { 'micro-id': text })).then(
          () => taken.push(text),
          async () => {
            failed += 1;
            await pause(20);
          },
        );
      }
    };
    const began = performance.now();
    const published = Promise.all(Array.from({ length: 50 }, (_none, from) => publish(from)));
    await eventually(() => expect(taken.length).toBeGreaterThan(3_000));
    await server.stop();
    await pause(300);
    await server.start();
    await published;
    const sent = performance.now() - began;
    await eventually(() => {
      const lost = taken.filter((text) => !times.has(text));
      expect(lost).toEqual([]);
    }, 30_000);
    const twice = [...times.values()].filter((each) => each > 1).length;
    console.log(
      `taken ${taken.length}, refused ${failed}, in ${sent.toFixed(0)} ms; ` +
        `came ${times.size}, twice ${twice}`,
    );
    expect(taken.length + failed).toBe(10_000);
    expect(taken.length).toBeGreaterThan(3_000);
    const { consumers } = await manager();
    await eventually(async () => {
      const [info] = await consumers.list('MICRO_many').next();
      expect(info).toMatchObject({ num_pending: 0, num_ack_pending: 0 });
    });
    await subscription.close();
  });

  it('that a killed process had in hand go to another of its queue', async () => {
    const { broker } = open({ servers: server.url });
    const program = startProgram(
      join(__dirname, 'stuck.test.fixture.ts'),
      server.url,
      'killed.events',
      'q',
    );
    expect(await program.line()).toBe('ready');
    const expected = Array.from({ length: 10 }, (_none, at) => `event-${at}`);
    for (const text of expected) await broker.publish('killed.events', event(text));
    const held: string[] = [];
    for (const _ of expected) held.push(await program.line());
    expect(held.sort()).toEqual(expected);
    const came: string[] = [];
    const attempts = new Set<number>();
    const take = async (delivery: { body: Uint8Array; attempt: number }): Promise<void> => {
      came.push(textOf(delivery));
      attempts.add(delivery.attempt);
    };
    await broker.subscribe('killed.events', take, { ...kept, queue: 'q' });
    await pause(8_000); // they are in hand for longer than the server waits for a sign
    expect(came).toEqual([]);
    await program.kill();
    const start = performance.now();
    await eventually(() => expect([...came].sort()).toEqual(expected));
    const after = performance.now() - start;
    console.log(`events of a killed process came again after ${after.toFixed(0)} ms`);
    expect([...attempts]).toEqual([2]);
  });

  it('outlive the server, also for subscribers without a queue, whose memory is their own', async () => {
    const { broker } = open({ servers: server.url });
    const other = open({ servers: server.url });
    const came: string[] = [];
    const take = async (delivery: { body: Uint8Array }): Promise<void> =>
      void came.push(textOf(delivery));
    const subscribe = () => other.broker.subscribe('alone.events', take, kept);
    const before = await subscribe();
    await broker.publish('alone.events', event('before'));
    await eventually(() => expect(came).toEqual(['before']));
    await server.stop();
    await before.closed;
    await server.start();
    await eventually(() => broker.publish('alone.events', event('while away')));
    await eventually(subscribe);
    await broker.publish('alone.events', event('after'));
    await eventually(() => expect(came).toEqual(['before', 'while away', 'after']));
  });

  it('are declared again when the server lost everything', async () => {
    const { broker } = open({ servers: server.url });
    const came: string[] = [];
    const take = async (delivery: { body: Uint8Array }): Promise<void> =>
      void came.push(textOf(delivery));
    await keepSubscribed(broker, 'wiped.events', take, { queue: 'q' });
    await server.stop();
    await server.wipe();
    const start = performance.now();
    await server.start();
    await eventually(async () => {
      await broker.publish('wiped.events', event('after'));
      await pause(50);
      expect(came).toContain('after');
    });
    console.log(
      `after a wipe, events came again after ${(performance.now() - start).toFixed(0)} ms`,
    );
  });

  it('are declared again when somebody removed the stream, or the consumer', async () => {
    const { broker } = open({ servers: server.url });
    const came: string[] = [];
    const take = async (delivery: { body: Uint8Array }): Promise<void> =>
      void came.push(textOf(delivery));
    await keepSubscribed(broker, 'removed.events', take, { queue: 'q' });
    await broker.publish('removed.events', event('first'));
    await eventually(() => expect(came).toEqual(['first']));
    const { streams, consumers } = await manager();
    const again = (text: string) =>
      eventually(async () => {
        await broker.publish('removed.events', event(text));
        await pause(50);
        expect(came).toContain(text);
      }, 20_000);
    const start = performance.now();
    await streams.delete('MICRO_removed');
    await again('second');
    const second = performance.now() - start;
    const [consumer] = await consumers.list('MICRO_removed').next();
    await consumers.delete('MICRO_removed', consumer?.name ?? '');
    await again('third');
    console.log(`after the stream was removed, events came again after ${second.toFixed(0)} ms`);
  });

  it('are kept for nobody where nobody is subscribed, and gone when all have done them', async () => {
    const { broker } = open({ servers: server.url });
    const take = async (): Promise<void> => undefined;
    const subscription = await broker.subscribe('tidy.events', take, { ...kept, queue: 'q' });
    for (let at = 0; at < 10; at += 1) await broker.publish('tidy.events', event('x'));
    for (let at = 0; at < 10; at += 1) await broker.publish('tidy.others', event('x'));
    const { streams, consumers } = await manager();
    await eventually(async () => expect((await streams.info('MICRO_tidy')).state.messages).toBe(0));
    await subscription.close();
    const alone = await broker.subscribe('tidy.events', take, kept);
    await alone.close();
    const names = (await consumers.list('MICRO_tidy').next()).map(
      ({ config }) => config.description,
    );
    expect(names).toEqual(['queue q']);
  });

  it('that cannot be read become dead letters with their reason, and hold nobody up', async () => {
    const { broker, log } = open({ servers: server.url });
    const came: string[] = [];
    const take = async (delivery: { body: Uint8Array }): Promise<void> => {
      came.push(textOf(delivery));
      if (textOf(delivery) === 'poison') throw new Error('it is poison');
    };
    await broker.subscribe('sick.events', take, { ...kept, queue: 'q', attempts: 2 });
    const client = await openClient(server.url);
    const garbage = ['', 'no JSON', '{"Header":{},"Body":"***"}', '[1]', 'x'.repeat(1024 * 1024)];
    for (const each of garbage) client.publish('sick.events', each);
    await client.flush();
    await broker.publish('sick.events', event('poison'));
    await broker.publish('sick.events', event('good'));
    await eventually(() => expect(came).toContain('good'));
    const letters = await eventually(async () => {
      const found = await readDeadLetters(server.url, 'sick.events');
      expect(found).toHaveLength(6);
      return found;
    });
    const poison = letters.find(({ event }) => textOf(event) === 'poison');
    expect(poison?.headers).toMatchObject({
      'Micro-Code': 'internal',
      'Micro-Attempts': '2',
      'Micro-Reason': expect.any(String),
    });
    const wrong = letters.filter(({ headers }) => headers['Micro-Code'] === 'invalid_argument');
    expect(wrong).toHaveLength(4);
    const whole = letters.find(({ headers }) => headers['Micro-Code'] === undefined);
    expect(whole?.text).toBe('x'.repeat(1024 * 1024)); // it leaves no room for headers
    expect(came.filter((text) => text === 'poison')).toHaveLength(2);
    // Core tells of handlers that fail.
    expect(log.complaints.map(({ fields }) => fields['code'])).toEqual(
      garbage.map(() => 'invalid_argument'),
    );
    for (const { fields } of log.complaints) expect(typeof fields['reason']).toBe('string');
  });

  it('whose consumers die of them do not kill for ever', async () => {
    const { broker } = open({ servers: server.url, jetstream: { ackWait: 1_000 } });
    let came = 0;
    // Handlers that never end stand for processes that die: each time a new one subscribes.
    await broker.publish('deadly.events', event('early'));
    for (let life = 0; life < 8; life += 1) {
      const one = open({ servers: server.url, jetstream: { ackWait: 1_000 } });
      const options = { ...kept, queue: 'q', attempts: 1 } as const;
      const hang = (): Promise<void> => {
        came += 1;
        return new Promise(() => undefined);
      };
      const before = came;
      await one.broker.subscribe('deadly.events', hang, options);
      if (life === 0) await broker.publish('deadly.events', event('deadly'));
      await eventually(() => expect(came).toBeGreaterThan(before), 5_000).catch(() => undefined);
      void one.close();
      const letters = await readDeadLetters(server.url, 'deadly.events').catch(() => []);
      if (letters.length > 0) break;
    }
    const [letter] = await eventually(async () => {
      const found = await readDeadLetters(server.url, 'deadly.events');
      expect(found).toHaveLength(1);
      return found;
    });
    console.log(
      `an event that nobody survived came ${came} times: ${letter?.headers['Micro-Reason']}`,
    );
    expect(came).toBeLessThanOrEqual(4);
  });

  it('are taken once, though they were published twice with one id', async () => {
    const { broker } = open({ servers: server.url });
    const came: string[] = [];
    await broker.subscribe('twice.events', async (each) => void came.push(textOf(each)), kept);
    for (const text of ['a', 'a', 'b']) {
      await broker.publish('twice.events', event(text, { 'micro-id': text }));
    }
    await broker.publish('twice.others', event('a', { 'micro-id': 'a' })); // another topic
    await eventually(() => expect(came).toContain('b'));
    expect(came).toEqual(['a', 'b']);
    const odd = 'twice.größe.日本';
    const id = { 'micro-id': 'ü\r\nNats-Rollup: all' };
    await broker.subscribe(odd, async (each) => void came.push(textOf(each)), kept);
    for (const text of ['c', 'c']) await broker.publish(odd, event(text, id));
    await broker.publish(odd, event('d'));
    await eventually(() => expect(came).toEqual(['a', 'b', 'c', 'd']));
  });

  it('take the place of a stream that was there before', async () => {
    const { streams } = await manager();
    await streams.add({ name: 'ORDERS', subjects: ['orders.>'], storage: 'memory' });
    const { broker } = open({ servers: server.url });
    const came: string[] = [];
    const take = async (each: { body: Uint8Array }): Promise<void> => void came.push(textOf(each));
    await broker.subscribe('orders.*', take, { ...kept, queue: 'q' });
    await broker.publish('orders.new', event('one'));
    await eventually(() => expect(came).toEqual(['one']));
    expect((await streams.info('ORDERS')).state.messages).toBe(1);
    await expect(streams.info('MICRO_orders')).rejects.toThrow();
    await streams.add({ name: 'PART', subjects: ['part.one'], storage: 'memory' });
    const inTheWay = broker.subscribe('part.two', take, { ...kept, queue: 'q' });
    await expect(inTheWay).rejects.toMatchObject({ name: 'ConfigError', key: 'nats.jetstream' });
  });

  it('refuse wildcards for the first word, and streams that are full', async () => {
    const { broker } = open({ servers: server.url, jetstream: { maxBytes: 100_000 } });
    const take = (): Promise<void> => new Promise(() => undefined);
    for (const topic of ['*.events', '>']) {
      const work = broker.subscribe(topic, take, kept);
      await expect(work).rejects.toMatchObject({ code: 'invalid_argument' });
    }
    await broker.subscribe('full.events', take, { ...kept, queue: 'q', concurrency: 1 });
    const fill = async (): Promise<void> => {
      for (let at = 0; at < 20; at += 1) {
        await broker.publish('full.events', event('x'.repeat(20_000)));
      }
    };
    await expect(fill()).rejects.toMatchObject({
      code: 'resource_exhausted',
      message: expect.stringContaining('nats.jetstream.maxBytes'),
    });
  });

  it('say which option a server has no room for, or no cluster', async () => {
    const subscribe = (jetstream: Options['jetstream']): Promise<unknown> =>
      open({ servers: server.url, jetstream }).broker.subscribe(
        'vast.events',
        async () => undefined,
        { ...kept, queue: 'q' },
      );
    await expect(subscribe({ stream: 'THREE', replicas: 3 })).rejects.toMatchObject({
      name: 'ConfigError',
      key: 'nats.jetstream.replicas',
    });
    await expect(subscribe({ stream: 'VAST', maxBytes: 9e15 })).rejects.toMatchObject({
      code: 'resource_exhausted',
      message: expect.stringMatching(/^nats 127\.0\.0\.1:\d+ .*nats\.jetstream\.maxBytes/),
    });
  });
});
