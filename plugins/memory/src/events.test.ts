import { metadata, MicroError } from '@micro-ts/interface';
import type { BrokerSubscribeOptions, Message } from '@micro-ts/interface';
import { until } from '@micro-ts/testing';
import { MemoryNetwork } from './index.ts';
import { app, recorder } from './surroundings.test.fixture.ts';

const event = (size: number): Message<Uint8Array> => ({
  contentType: 'application/json',
  metadata: metadata(),
  body: new Uint8Array(size),
});
const options = (changes: Partial<BrokerSubscribeOptions>): BrokerSubscribeOptions => ({
  delivery: 'at-least-once',
  attempts: 1,
  concurrency: 1,
  ...changes,
});
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

describe('events in memory', () => {
  it('that were given up are kept, the latest, as many as fit', async () => {
    const network = new MemoryNetwork({ deadLetterBytes: 5_000 });
    const { broker } = app(network);
    const fail = async (): Promise<void> => {
      throw new MicroError('invalid_argument', 'no such user');
    };
    const subscription = await broker.subscribe('users', fail, options({ attempts: 3 }));
    for (let size = 1_000; size < 1_010; size += 1) await broker.publish('users', event(size));
    await until(() => network.deadLetters.at(-1)?.body.length === 1_009);
    await subscription.close();
    expect(network.deadLetters.map(({ body }) => body.length)).toEqual([1_007, 1_008, 1_009]);
    const [letter] = network.deadLetters;
    expect(letter).toMatchObject({ topic: 'users', attempt: 1, contentType: 'application/json' });
    expect(letter?.reason.code).toBe('invalid_argument');
  });

  it('that were promised and find no room are refused, for all or for none', async () => {
    const network = new MemoryNetwork({ backlogBytes: 10_000 });
    const { broker } = app(network);
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    let slowly = 0;
    const wait = (): Promise<void> => gate.then(() => void (slowly += 1));
    const slow = await broker.subscribe('users', wait, options({ queue: 'slow' }));
    let heard = 0;
    const quick = await broker.subscribe(
      'users',
      async () => void (heard += 1),
      options({ concurrency: 100 }),
    );
    const results = [];
    for (let at = 0; at < 20; at += 1) {
      results.push(
        await broker.publish('users', event(1_000)).then(
          () => 'taken',
          (error: unknown) => (error instanceof MicroError ? error.code : 'strange'),
        ),
      );
    }
    await turn();
    await turn();
    const taken = results.filter((result) => result === 'taken').length;
    expect(taken).toBeGreaterThan(5);
    expect(taken).toBeLessThan(10);
    expect(results.at(-1)).toBe('resource_exhausted');
    await until(() => heard >= taken);
    expect(heard).toBe(taken);
    go();
    await until(() => slowly === taken);
    await expect(broker.publish('users', event(1_000))).resolves.toBeUndefined();
    await Promise.all([slow.close(), quick.close()]);
  });

  it('that were not promised and find no room are dropped, and one line of the log says so', async () => {
    const { logger, lines } = recorder();
    const { broker } = app(new MemoryNetwork({ backlogBytes: 10_000 }), { logger });
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    let heard = 0;
    const count = (): Promise<void> => {
      heard += 1;
      return gate;
    };
    const slow = await broker.subscribe('users', count, options({ delivery: 'at-most-once' }));
    for (let at = 0; at < 50; at += 1) await broker.publish('users', event(1_000));
    go();
    await until(() => heard > 5);
    await turn();
    expect(heard).toBeGreaterThan(5);
    expect(heard).toBeLessThan(10);
    expect(lines.map(([message]) => message)).toEqual([
      'a subscriber is too slow: events are dropped',
    ]);
    await slow.close();
  });

  it('that fail as their subscription closes, with nobody else to go to, are dead letters', async () => {
    const network = new MemoryNetwork();
    const { broker } = app(network);
    let fail: (reason: Error) => void = () => undefined;
    const stuck = (): Promise<void> => new Promise((_resolve, reject) => (fail = reject));
    let started = false;
    const handler = (): Promise<void> => {
      started = true;
      return stuck();
    };
    const subscription = await broker.subscribe('users', handler, options({ attempts: 3 }));
    await broker.publish('users', event(1));
    await until(() => started);
    const closing = subscription.close();
    fail(new Error('closing'));
    await closing;
    await until(() => network.deadLetters.length > 0);
    expect(network.deadLetters).toHaveLength(1);
  });

  it('go to the subscribers of a queue in turns', async () => {
    const { broker } = app();
    const counts = [0, 0, 0];
    const members = await Promise.all(
      counts.map((_none, at) =>
        broker.subscribe(
          'users',
          async () => void (counts[at] = (counts[at] ?? 0) + 1),
          options({ queue: 'mail', concurrency: 10 }),
        ),
      ),
    );
    for (let at = 0; at < 30; at += 1) await broker.publish('users', event(1));
    await until(() => counts.reduce((sum, count) => sum + count) === 30);
    expect(counts).toEqual([10, 10, 10]);
    await Promise.all(members.map((member) => member.close()));
  });

  it.each(['', 'a.*', 'a.>', '>'])("cannot be published to '%s'", async (topic) => {
    const { broker } = app();
    const refused = broker.publish(topic, event(1));
    await expect(refused).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it.each(['', 'a.>.b'])("cannot be subscribed to as '%s'", async (topic) => {
    const refused = app().broker.subscribe(topic, async () => undefined, options({}));
    await expect(refused).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('leave nothing behind when nobody wants them any more', async () => {
    const network = new MemoryNetwork();
    const { broker } = app(network);
    for (let at = 0; at < 1_000; at += 1) {
      const delivery = at % 2 === 0 ? 'at-most-once' : 'at-least-once';
      const queue = at % 4 === 0 ? `queue-${at}` : undefined; // with at-most-once
      const topic = at % 3 === 0 ? `users.${at}.*` : `users.${at}`;
      const given = options({ delivery, queue });
      const subscription = await broker.subscribe(topic, async () => undefined, given);
      await subscription.close();
    }
    expect(network.topics.size).toBe(0);
  });
});
