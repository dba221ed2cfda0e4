import { setTimeout as pause } from 'node:timers/promises';
import { MicroError } from '@micro-ts/interface';
import { needsServer, startFaultProxy, startServer } from '@micro-ts/testing/servers';
import type { FaultProxy, TestServer } from '@micro-ts/testing/servers';
import { Redis } from 'ioredis';
import { until } from '@micro-ts/testing';
import { event, keepSubscribed, openApp } from './broker-apps.test.fixture.ts';
import { publishSurely, textOf } from './broker-apps.test.fixture.ts';
import type { App } from './broker-apps.test.fixture.ts';
import { topicKeys } from './keys.ts';

type Options = Parameters<typeof openApp>[0];

/** Printed, since it is the figures that tell whether it got worse. */
const report = (line: string): void => void process.stdout.write(`    redis: ${line}\n`);

const since = (start: number): number => Math.round(performance.now() - start);

needsServer(
  describe,
  'redis',
  true,
)('the broker on redis when things go wrong', () => {
  let server: TestServer;
  let client: Redis;
  const later: (() => unknown)[] = [];
  const app = (options: Options = {}): App => {
    const opened = openApp({ address: server.url, claimAfter: 1_000, ...options });
    later.push(() => opened.close());
    return opened;
  };
  let topics = 0;
  const topic = (): string => `faults.${process.pid}.${(topics += 1)}`;
  beforeAll(async () => {
    server = await startServer('redis', { keepData: true });
    client = new Redis(server.url, { retryStrategy: () => 50, enableReadyCheck: false });
    client.on('error', () => undefined);
  });
  afterEach(async () => {
    for (const end of later.splice(0).reverse()) await end();
  });
  afterAll(async () => {
    client.disconnect();
    await server.close();
  });
  /** It answers before it has read what it kept. */
  const start = async (): Promise<void> => {
    await server.start();
    await until(async () => (await client.ping().catch(() => '')) === 'PONG');
  };
  const proxied = async (): Promise<FaultProxy> => {
    const proxy = await startFaultProxy(server.port);
    later.push(() => proxy.close());
    return proxy;
  };

  it('loses none of 10,000 events of which publish resolved, though the server is killed', async () => {
    const name = topic();
    const [sends, takes] = [app(), app()];
    const queue = await keepSubscribed(takes, name, { queue: 'q', concurrency: 64 });
    const alone = await keepSubscribed(takes, name, { concurrency: 64 });
    const texts = Array.from({ length: 10_000 }, (_none, at) => `e${at}`);
    const begun = performance.now();
    let repeated = 0;
    let killed = 0;
    const senders = Array.from({ length: 50 }, async (_none, first) => {
      for (let at = first; at < texts.length; at += 50) {
        if (at === 5_000) {
          await server.stop();
          killed = performance.now();
          setTimeout(() => void server.start(), 300);
        }
        if ((await publishSurely(sends, name, texts[at] ?? '')) > 1) repeated += 1;
      }
    });
    await Promise.all(senders);
    for (const [kind, { deliveries }] of [
      ['a queue', queue],
      ['no queue', alone],
    ] as const) {
      const seen = (): Set<string> => new Set(deliveries.map(textOf));
      await until(() => deliveries.length >= 10_000 && seen().size === 10_000, 60_000);
      const doubles = deliveries.length - 10_000;
      report(`10,000 events, ${kind}, one kill: 0 lost, ${doubles} twice, ${repeated} sent again`);
      expect(doubles).toBeLessThan(2_000);
    }
    report(`in all ${since(begun)} ms, ${since(killed)} ms of them after the kill`);
    for (const each of [queue, alone]) await each.close();
  });

  it('what is published while a subscription is away comes when it is back, each time', async () => {
    const proxy = await proxied();
    const sends = app();
    const takes = app({ address: `redis://${proxy.host}:${proxy.port}` });
    const name = topic();
    const queue = await keepSubscribed(takes, name, { queue: 'q' });
    const alone = await keepSubscribed(takes, name);
    for (let round = 0; round < 20; round += 1) {
      await proxy.cut();
      await sends.broker.publish(name, event(`${round}`));
      for (const { deliveries } of [queue, alone]) {
        await until(() => deliveries.map(textOf).includes(`${round}`));
      }
    }
    for (const each of [queue, alone]) await each.close();
  });

  it('a subscription that cannot be opened again at first keeps its events', async () => {
    const proxy = await proxied();
    const sends = app();
    const takes = app({ address: `redis://${proxy.host}:${proxy.port}` });
    const name = topic();
    const failures: unknown[] = [];
    const subscribe: App['broker']['subscribe'] = (...args) => {
      const opening = takes.broker.subscribe(...args);
      opening.catch((error: unknown) => failures.push(error));
      return opening;
    };
    const alone = await keepSubscribed({ ...takes, broker: { ...sends.broker, subscribe } }, name);
    await proxy.shut();
    await sends.broker.publish(name, event('kept'));
    const refused = (): boolean => failures.some((error) => String(error).includes('of memory'));
    try {
      await client.config('SET', 'maxmemory', '1mb');
      await proxy.open();
      await until(refused);
    } finally {
      await client.config('SET', 'maxmemory', '0');
    }
    await until(() => alone.deliveries.map(textOf).includes('kept'));
    await alone.close();
  });

  it('a queue keeps its events through a restart of the server', async () => {
    const name = topic();
    const [sends, takes] = [app(), app()];
    const before = await keepSubscribed(takes, name, { queue: 'q' });
    await before.close();
    await sends.broker.publish(name, event('kept'));
    await server.stop();
    await start();
    const after = await keepSubscribed(takes, name, { queue: 'q' });
    await until(() => after.deliveries.map(textOf).includes('kept'));
    await after.close();
  });

  it('when the server comes back empty, or is emptied, subscriptions are lost and work again', async () => {
    const name = topic();
    const [sends, takes] = [app(), app()];
    const queue = await keepSubscribed(takes, name, { queue: 'q' });
    const alone = await keepSubscribed(takes, name);
    await publishSurely(sends, name, 'one');
    await until(() => queue.deliveries.length === 1 && alone.deliveries.length === 1);
    const emptied = performance.now();
    await client.flushall();
    for (let at = 0; queue.deliveries.length < 2 || alone.deliveries.length < 2; at += 1) {
      expect(since(emptied)).toBeLessThan(60_000);
      await publishSurely(sends, name, `more-${at}`);
      await pause(20);
    }
    report(`a queue works again ${since(emptied)} ms after the server was emptied`);
    await server.stop();
    await server.wipe();
    const restarted = performance.now();
    await start();
    const [had, hadAlone] = [queue.deliveries.length, alone.deliveries.length];
    for (
      let at = 0;
      queue.deliveries.length <= had || alone.deliveries.length <= hadAlone;
      at += 1
    ) {
      expect(since(restarted)).toBeLessThan(60_000);
      await publishSurely(sends, name, `last-${at}`);
      await pause(20);
    }
    report(`all works ${since(restarted)} ms after an empty server was started`);
    for (const each of [queue, alone]) await each.close();
  });

  it('a link that went dead in silence is noticed within 10 s', async () => {
    const proxy = await proxied();
    const takes = app({ address: `redis://${proxy.host}:${proxy.port}` });
    const options = { queue: undefined, attempts: 1, concurrency: 1 } as const;
    const subscriptions = await Promise.all([
      takes.broker.subscribe('x', async () => undefined, { ...options, delivery: 'at-most-once' }),
      takes.broker.subscribe('x', async () => undefined, { ...options, delivery: 'at-least-once' }),
    ]);
    const watch = await takes.registry.watch?.(() => undefined);
    await pause(100);
    proxy.set('drop');
    const start = performance.now();
    const reasons = await Promise.all([...subscriptions, watch].map((each) => each?.closed));
    report(`a dead link was noticed after ${since(start)} ms: ${String(reasons[0])}`);
    expect(since(start)).toBeLessThan(10_000);
    for (const reason of reasons) expect(reason).toBeDefined();
    proxy.set('none');
    const again = await keepSubscribed(takes, 'x');
    await again.close();
  });

  it('a slow server slows down and loses nothing', async () => {
    const proxy = await proxied();
    const slow = app({ address: `redis://${proxy.host}:${proxy.port}` });
    const name = topic();
    proxy.set({ slow: 150 });
    const queue = await keepSubscribed(slow, name, { queue: 'q' });
    const start = performance.now();
    await Promise.all(
      Array.from({ length: 100 }, (_none, at) => publishSurely(slow, name, `${at}`)),
    );
    await until(() => queue.deliveries.length >= 100);
    report(`100 events with 150 ms each way: ${since(start)} ms`);
    expect(new Set(queue.deliveries.map(textOf)).size).toBe(100);
    await queue.close();
  });

  it('a handler that takes longer than claimAfter has its event alone', async () => {
    const name = topic();
    const [one, other] = [app(), app()];
    const slow = (): Promise<void> => pause(3_500);
    const members = [
      await keepSubscribed(one, name, { queue: 'q' }, slow),
      await keepSubscribed(other, name, { queue: 'q' }, slow),
    ];
    await one.broker.publish(name, event('long'));
    await pause(5_000);
    expect(members.flatMap(({ deliveries }) => deliveries)).toHaveLength(1);
    for (const each of members) await each.close();
  });

  it('a full queue refuses what is published, and takes more when there is room', async () => {
    const name = topic();
    const small = app({ maxLength: 5 });
    const heard = await keepSubscribed(small, name, { queue: 'q' });
    await heard.close();
    for (let at = 0; at < 5; at += 1) await small.broker.publish(name, event(`${at}`));
    const refused = { code: 'resource_exhausted', refused: true };
    await expect(small.broker.publish(name, event('too many'))).rejects.toMatchObject(refused);
    const again = await keepSubscribed(small, name, { queue: 'q' });
    await until(() => again.deliveries.length === 5);
    await small.broker.publish(name, event('fits'));
    await until(() => again.deliveries.length === 6);
    await again.close();
  });

  it('of events that are published at once, a queue takes those that fit, in their order', async () => {
    const name = topic();
    const small = app({ maxLength: 300 });
    const heard = await keepSubscribed(small, name, { queue: 'q' });
    await heard.close();
    const texts = Array.from({ length: 700 }, (_, at) => `${at}`);
    const told = await Promise.allSettled(
      texts.map((text) => small.broker.publish(name, event(text))),
    );
    const refused = told.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(told.findIndex(({ status }) => status === 'rejected')).toBe(300);
    expect(refused).toHaveLength(400);
    expect(refused[0]).toMatchObject({ code: 'resource_exhausted', refused: true });
    const again = await keepSubscribed(small, name, { queue: 'q' });
    await until(() => again.deliveries.length === 300);
    expect(again.deliveries.map(textOf)).toEqual(texts.slice(0, 300));
    await again.close();
  });

  it('an at-most-once queue that nobody consumes refuses nobody and vanishes', async () => {
    const name = topic();
    const [one, other] = [app({ maxLength: 2 }), app({ maxLength: 2 })];
    let release: () => void = () => undefined;
    const hang = new Promise<void>((resolve) => (release = resolve));
    const options = { queue: 'q', delivery: 'at-most-once', concurrency: 1 } as const;
    const heard = await keepSubscribed(one, name, options, () => hang);
    for (let at = 0; at < 10; at += 1) await other.broker.publish(name, event(`${at}`));
    release();
    await until(() => heard.deliveries.length >= 3);
    await pause(100);
    expect(heard.deliveries.length).toBeLessThanOrEqual(4);
    await heard.close();
    expect(await client.keys(`micro:{${name}}:*`)).toEqual([]);
  });

  it('when redis is out of memory, publishing to queues is refused, and consumers go on', async () => {
    const name = topic();
    const full = app();
    let release: () => void = () => undefined;
    const hang = new Promise<void>((resolve) => (release = resolve));
    const heard = await keepSubscribed(full, name, { queue: 'q' }, () => hang);
    await full.broker.publish(name, event('in hand'));
    await until(() => heard.deliveries.length === 1);
    try {
      await client.config('SET', 'maxmemory', '1mb');
      const refused = { code: 'resource_exhausted', message: /out of memory/ };
      const told = full.broker.publish(name, event('x'));
      await expect(told).rejects.toMatchObject({ code: refused.code });
      await expect(told).rejects.toThrow(refused.message);
      release();
      await heard.close();
    } finally {
      await client.config('SET', 'maxmemory', '0');
    }
    expect(await client.xlen(`${topicKeys('micro', name).queue}q:q`)).toBe(0);
  });

  it('garbage is skipped and told once; for a queue it is a dead letter, from wherever it comes', async () => {
    const name = topic();
    const takes = app();
    const channel = await keepSubscribed(takes, name, { delivery: 'at-most-once' });
    const queue = await keepSubscribed(takes, name, { queue: 'q' });
    const keys = topicKeys('micro', name);
    const bad = ['', 'x', '{"Header":{},"Body":"????"}', '{"Header":5}', 'x'.repeat(9_000_000)];
    for (const text of bad) await client.publish(name, text);
    for (const text of bad.slice(0, 2)) await client.xadd(`${keys.queue}q:q`, '*', 'e', text);
    await client.xadd(`${keys.queue}q:q`, '*', 'foreign', 'field');
    await client.publish(keys.wake, '');
    await takes.broker.publish(name, event('good'));
    const good = (): boolean =>
      [channel, queue].every(({ deliveries }) => deliveries.map(textOf).includes('good'));
    await until(good);
    const letters = async () => client.xrange(keys.dead, '-', '+');
    await until(async () => (await letters()).length === bad.length + 3);
    const found = (await letters()).map(([, fields]) => fields);
    const reasons = found.map((fields) => fields[fields.indexOf('reason') + 1]);
    expect(
      reasons.filter((each) => /^invalid_argument: not an envelope/.test(each ?? '')),
    ).toHaveLength(7);
    for (const fields of found) expect(fields.join(' ')).toContain('queue q:q');
    const large = found.find((fields) =>
      fields.includes('resource_exhausted: an event that is too large'),
    );
    expect(large?.join(' ').length).toBeLessThan(5_000);
    expect(large?.at(-1)).toBe('all but 4096 of 9000000 characters');
    for (const part of ['skipped', 'cannot be read are given up']) {
      expect(takes.log.lines.filter(({ message }) => message.includes(part))).toHaveLength(1);
    }
    for (const each of [channel, queue]) await each.close();
  });

  it('of what an at-most-once queue hears of others and cannot read, nothing is kept', async () => {
    const name = topic();
    const takes = app();
    const queue = await keepSubscribed(takes, name, { queue: 'q', delivery: 'at-most-once' });
    await client.publish(name, 'x');
    await takes.broker.publish(name, event('good'));
    await until(() => queue.deliveries.map(textOf).includes('good'));
    await until(() => takes.log.lines.some(({ message }) => message.includes('given up')));
    expect(await client.exists(topicKeys('micro', name).dead)).toBe(0);
    await queue.close();
  });

  it('an event that its handler refuses is told by the handler, not by the plugin again', async () => {
    const name = topic();
    const takes = app();
    const fails = async (): Promise<void> => Promise.reject(new MicroError('not_found', 'no'));
    const queue = await keepSubscribed(takes, name, { queue: 'q' }, fails);
    await takes.broker.publish(name, event('bad'));
    await until(async () => (await client.xlen(topicKeys('micro', name).dead)) === 1);
    await queue.close();
    expect(takes.log.lines).toEqual([]);
  });
});
