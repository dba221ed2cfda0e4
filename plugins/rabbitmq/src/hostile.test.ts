import { setTimeout as pause } from 'node:timers/promises';
import { MicroError } from '@micro-ts/interface';
import type { Channel } from 'amqplib';
import { afterwards, closeAll } from '@micro-ts/testing';
import { needsServer, serverUrl } from '@micro-ts/testing/servers';
import { look } from './look.test.fixture.ts';
import { event, failure, hear, open, rawChannel, textOf, until } from './scene.test.fixture.ts';

let names = 0;
/** A topic and a queue that nothing else uses. */
const fresh = (): { topic: string; queue: string } => {
  const name = `hostile.p${process.pid}.n${(names += 1)}`;
  return { topic: name, queue: `${name}-queue` };
};

needsServer(describe, 'rabbitmq')('what comes over RabbitMQ', () => {
  let url = '';
  beforeAll(async () => {
    url = await serverUrl('rabbitmq');
  }, 120_000);
  afterEach(() => {
    release();
    return closeAll();
  });

  /** A handler that ends with the test. */
  let release: () => void = () => undefined;
  let stuck: () => Promise<void>;
  beforeEach(() => {
    const end = new Promise<void>((resolve) => (release = resolve));
    stuck = () => end;
  });

  /** Takes the queue and what belongs to it away after the test. */
  async function stranger(queue: string): Promise<Channel> {
    const channel = await rawChannel(url);
    const rest = ['', '.dead', '.retry.50', '.retry.100'];
    afterwards(async () => {
      for (const each of rest) await channel.deleteQueue(queue + each);
    });
    return channel;
  }

  it('may have headers of any type, or none, and any body', async () => {
    const { topic, queue } = fresh();
    const heard = await hear(open({ address: url }).broker, topic, { queue });
    const channel = await stranger(queue);
    const odd = {
      ...{ n: 7, deep: { a: { b: 1 } }, list: [1, 'a'], nil: null, yes: true, f: 1.5 },
      ...{ bytes: Buffer.from([0, 255]), at: { '!': 'timestamp', value: 1 } },
      ...{ 'CONTENT-TYPE': 'Text/Plain; charset=utf-8', 'Micro-Attempt': '900' },
    };
    channel.publish('micro', topic, Buffer.from([0, 255, 254]), { headers: odd });
    channel.publish('micro', topic, Buffer.alloc(0), { contentType: 'application/json; x=1' });
    channel.publish('micro', topic, Buffer.from('text'), { headers: { 'Content-Type': 7 } });
    await until('all came', () => heard.deliveries.length === 3);
    const [first, second, third] = heard.deliveries;
    expect(first).toMatchObject({ contentType: 'text/plain', attempt: 1, topic });
    expect(first?.metadata).toEqual({ n: '7', yes: 'true', f: '1.5' });
    expect([...(first?.body ?? [])]).toEqual([0, 255, 254]);
    expect(second).toMatchObject({ contentType: 'application/json', metadata: {} });
    expect(third).toMatchObject({ contentType: '7', metadata: {} });
  });

  it('is a dead letter if it is too large, or on another topic of the queue; logged once', async () => {
    const { topic, queue } = fresh();
    const { broker, log } = open({ address: url }, { messageBytes: 1_000 });
    const heard = await hear(broker, topic, { queue });
    const channel = await stranger(queue);
    await channel.bindQueue(queue, 'micro', `${topic}.other`);
    for (let at = 0; at < 5; at += 1) channel.publish('micro', topic, Buffer.alloc(1_001));
    channel.publish('micro', `${topic}.other`, Buffer.from('other'));
    await broker.publish(topic, event('good'));
    await until('the good one came', () => heard.texts().includes('good'));
    await until(
      'they are dead letters',
      async () => (await look(url, `${queue}.dead`)).length === 6,
    );
    const letters = await look(url, `${queue}.dead`);
    const reasons = letters.map(({ headers }) => JSON.parse(String(headers['Micro-Error'])).name);
    expect(reasons).toEqual([...Array(5).fill('resource_exhausted'), 'invalid_argument']);
    expect(log.complaints.map(({ message }) => message)).toEqual(['an event is a dead letter']);
    expect(heard.texts()).toEqual(['good']);
  });

  it('is kept with its reason when it is given up, and with its headers', async () => {
    const { topic, queue } = fresh();
    const { broker } = open({ address: url, retryDelay: 50 });
    const heard = await hear(broker, topic, { queue, attempts: 3 }, async ({ attempt }) => {
      throw new MicroError('unavailable', `no, ${attempt}`);
    });
    await stranger(queue);
    await broker.publish(topic, event('poison', { 'x-tenant': 'acme', cc: 'somewhere' }));
    await until('it is dead', async () => (await look(url, `${queue}.dead`)).length === 1);
    expect(heard.deliveries.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(heard.deliveries[2]?.metadata).toMatchObject({ 'x-tenant': 'acme' });
    const [letter] = await look(url, `${queue}.dead`);
    expect(letter?.text).toBe('poison');
    const { 'Micro-Error': error, ...headers } = letter?.headers ?? {};
    expect(headers).toMatchObject({
      ...{ 'Content-Type': 'text/plain', 'X-Tenant': 'acme' },
      ...{ 'Micro-Topic': topic, 'Micro-Attempt': '3' },
    });
    expect(JSON.parse(String(error))).toMatchObject({
      ...{ code: 503, detail: 'no, 3', name: 'unavailable' },
    });
  });

  it('waits longer each time, and nobody waits behind it', async () => {
    const { topic, queue } = fresh();
    const { broker } = open({ address: url, retryDelay: 50 });
    const times: number[] = [];
    await hear(broker, topic, { queue, attempts: 3, concurrency: 1 }, async (delivery) => {
      if (textOf(delivery) !== 'bad') return;
      times.push(performance.now());
      throw new Error('not yet');
    });
    await stranger(queue);
    await broker.publish(topic, event('bad'));
    await until('it came three times', () => times.length === 3);
    const [one = 0, two = 0, three = 0] = times;
    expect(two - one).toBeGreaterThanOrEqual(45);
    expect(three - two).toBeGreaterThanOrEqual(95);
  });

  it('does not kill its subscribers for ever', async () => {
    const { topic, queue } = fresh();
    await stranger(queue);
    const attempts: number[] = [];
    const first = await hear(open({ address: url }).broker, topic, { queue });
    await first.subscription.close();
    await open({ address: url }).broker.publish(topic, event('killer'));
    const isDead = async (): Promise<boolean> => (await look(url, `${queue}.dead`)).length > 0;
    while (!(await isDead())) {
      const app = open({ address: url });
      const { deliveries } = await hear(app.broker, topic, { queue, attempts: 3 }, stuck);
      await until('it kills, or is dead', async () => deliveries.length > 0 || (await isDead()));
      attempts.push(...deliveries.map(({ attempt }) => attempt));
      void app.close(); // its events go back to the server
    }
    expect(attempts).toEqual([1, 2, 3]);
    const [letter] = await look(url, `${queue}.dead`);
    expect(String(letter?.headers['Micro-Error'])).toContain('3 times');
  }, 30_000);

  it('comes once at most where that is asked, though its subscriber went away', async () => {
    const { topic, queue } = fresh();
    const delivery = 'at-most-once';
    const victim = open({ address: url });
    const stays = await hear(open({ address: url }).broker, topic, {
      queue,
      delivery,
      concurrency: 1,
    });
    const left = await hear(victim.broker, topic, { queue, delivery }, stuck);
    const texts = Array.from({ length: 10 }, (_none, at) => String(at));
    for (const text of texts) await victim.broker.publish(topic, event(text));
    await until('all came', () => left.deliveries.length + stays.deliveries.length === 10);
    void victim.close();
    await pause(300);
    expect([...left.texts(), ...stays.texts()].sort()).toEqual(texts);
  });

  it('keeps no more dead letters than it may', async () => {
    const { topic, queue } = fresh();
    const { broker } = open({ address: url, deadLetters: 3 });
    await hear(broker, topic, { queue }, async () => {
      throw new MicroError('invalid_argument', 'never');
    });
    await stranger(queue);
    for (let at = 0; at < 8; at += 1) await broker.publish(topic, event(String(at)));
    const lying = async (): Promise<string> =>
      (await look(url, `${queue}.dead`)).map(({ text }) => text).join();
    await until('the last three are left', async () => (await lying()) === '5,6,7');
  });

  it('says when its queue is deleted', async () => {
    const { topic, queue } = fresh();
    const heard = await hear(open({ address: url }).broker, topic, { queue });
    const channel = await stranger(queue);
    await channel.deleteQueue(queue);
    expect(await heard.subscription.closed).toMatchObject({ code: 'unavailable' });
  });

  it('refuses an exchange and queues that are there with other properties', async () => {
    const { topic, queue } = fresh();
    const channel = await stranger(queue);
    const exchange = `hostile-${process.pid}`;
    await channel.assertExchange(exchange, 'topic', { durable: true });
    afterwards(() => channel.deleteExchange(exchange));
    const { broker } = open({ address: url, exchange });
    const failed = await failure(broker.publish(topic, event('x')));
    expect(failed).toMatchObject({ code: 'failed_precondition' });
    expect(failed.message).toMatch(
      /'durable' for exchange .*: change rabbitmq\.durable or rabbitmq\.exchange/,
    );
    const durable = open({ address: url, exchange, durable: true });
    const heard = await hear(durable.broker, topic, { queue });
    await durable.broker.publish(topic, event('durable'));
    await until('it came', () => heard.deliveries.length === 1);
    const other = { queue, delivery: 'at-most-once' } as const;
    const mixed = await hear(durable.broker, `${topic}.x`, other);
    expect(mixed.deliveries).toEqual([]); // another topic, another queue
    const { queue: theirs } = fresh();
    await channel.assertQueue(theirs, { durable: true, maxLength: 1 });
    afterwards(() => channel.deleteQueue(theirs));
    const refused = await failure(hear(durable.broker, topic, { ...other, queue: theirs }));
    expect(refused.code).toBe('failed_precondition');
    expect(refused.message).toContain('change delivery or queue');
  });

  it.each([
    ['has the word #', 'hostile.#', 'q', /the topic 'hostile\.#' has the word '#'/],
    ['is too long', 't'.repeat(300), 'q', /the topic 't+…' is longer than .*: make it shorter/],
    ['has a queue whose name is too long', 'hostile', 'q'.repeat(300), /the queue 'q+…' is longer/],
    [
      'has a queue of RabbitMQ itself',
      'hostile',
      'amq.q',
      /the queue 'amq\.q' begins with 'amq\.'/,
    ],
    ['has a queue without a name', 'hostile', '', /a queue needs a name/],
  ])('never comes if the subscription %s, which is refused', async (_what, topic, queue, text) => {
    for (const delivery of ['at-least-once', 'at-most-once'] as const) {
      const { broker } = open({ address: url });
      const refused = await failure(hear(broker, topic, { queue, delivery }));
      expect(refused).toMatchObject({ code: 'invalid_argument', refused: true });
      expect(refused.message).toMatch(text);
    }
  });

  it('never comes from a queue that others have made in another way, and what to change is said', async () => {
    const { topic, queue } = fresh();
    const channel = await stranger(queue);
    await channel.assertQueue(queue, { durable: true, maxLength: 5 });
    const refused = await failure(hear(open({ address: url }).broker, topic, { queue }));
    expect(refused).toMatchObject({ code: 'failed_precondition', refused: true });
    expect(refused.message).toContain(`delete the queue '${queue}', or change queue`);
  });

  it('comes from the exchange that RabbitMQ itself has too, to subscribers without a queue', async () => {
    const { topic } = fresh();
    const { broker } = open({ address: url, exchange: 'amq.topic', durable: true });
    const heard = await hear(broker, topic);
    await broker.publish(topic, event('own'));
    await until('it came', () => heard.texts().includes('own'));
  });

  it('is not lost in a queue that others have put where failed events wait', async () => {
    const { topic, queue } = fresh();
    const channel = await stranger(queue);
    await channel.assertQueue(`${queue}.retry.50`, { durable: true });
    const { broker, log } = open({ address: url, retryDelay: 50 });
    const heard = await hear(broker, topic, { queue }, async () => {
      if (heard.deliveries.length === 1) throw new Error('not yet');
    });
    await broker.publish(topic, event('again'));
    await until('it came again', () => heard.deliveries.length === 2);
    expect(log.complaints.map(({ message }) => message)).toContain(
      'an event cannot be set aside and comes again',
    );
  });
});
