import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metadata } from '@micro-ts/interface';
import { afterwards, closeAll } from '@micro-ts/testing';
import { needsServer, serverUrl } from '@micro-ts/testing/servers';
import { event, hear, open, rawChannel, until } from './scene.test.fixture.ts';

interface Recorded {
  readonly fields: { readonly exchange: string; readonly routingKey: string };
  readonly properties: { readonly headers: Readonly<Record<string, string>> };
  readonly body: string;
}

/** What a subscriber of go-micro v5.30.0 got: an event of another client, and one of go-micro. */
const recorded = readFileSync(join(__dirname, 'golden', 'event.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);

needsServer(describe, 'rabbitmq')('events of go-micro on RabbitMQ', () => {
  let url = '';
  beforeAll(async () => {
    url = await serverUrl('rabbitmq');
  }, 120_000);
  afterEach(closeAll);

  it('are read as it publishes them', async () => {
    const topic = `golden.in.${process.pid}`;
    const heard = await hear(open({ address: url }).broker, topic, { delivery: 'at-most-once' });
    const go = await rawChannel(url);
    for (const { fields, properties, body } of recorded) {
      go.publish(fields.exchange, topic, Buffer.from(body), { headers: properties.headers });
    }
    await until('both came', () => heard.deliveries.length === 2);
    expect(
      heard.deliveries.map(({ body, ...rest }) => ({ ...rest, text: String(Buffer.from(body)) })),
    ).toEqual([
      {
        ...{ topic, attempt: 1, contentType: 'application/json', metadata: {} },
        text: '{"name":"from-ts"}',
      },
      {
        ...{ topic, attempt: 1, contentType: 'application/json' },
        metadata: { 'micro-id': 'b3c814c5-1d19-4e1c-bb34-42cd0707ed71' },
        text: '{"name":"evt"}\n',
      },
    ]);
  });

  it('are published as it does', async () => {
    const topic = `golden.out.${process.pid}`;
    const { broker } = open({ address: url });
    const go = await rawChannel(url);
    // As go-micro's subscriber declares them.
    await go.assertExchange('micro', 'topic', { durable: false });
    const { queue } = await go.assertQueue(`golden-q1-${process.pid}`, {
      ...{ durable: false, autoDelete: true },
    });
    const got: Recorded[] = [];
    await go.consume(queue, (message) => {
      if (message === null) return;
      const { fields, properties, content } = message;
      const { headers = {} } = properties;
      got.push({ fields, properties: { headers }, body: String(content) });
    });
    await go.bindQueue(queue, 'micro', topic);
    const id = 'b3c814c5-1d19-4e1c-bb34-42cd0707ed71';
    await broker.publish(topic, {
      contentType: 'application/json',
      metadata: metadata({ 'micro-id': id }),
      body: Buffer.from('{"name":"evt"}\n'),
    });
    await until('it came', () => got.length === 1);
    const [, theirs] = recorded;
    expect(got[0]).toMatchObject({ fields: { exchange: 'micro', routingKey: topic } });
    expect(got[0]?.properties.headers).toEqual({
      ...theirs?.properties.headers,
      'Micro-Topic': topic,
    });
    expect(got[0]?.body).toBe(theirs?.body);
  });

  it('share a queue with a subscriber of go-micro', async () => {
    const [topic, queue] = [`golden.shared.${process.pid}`, `golden-shared-${process.pid}`];
    const { broker } = open({ address: url });
    const heard = await hear(broker, topic, { queue, delivery: 'at-most-once' });
    const go = await rawChannel(url);
    await go.assertQueue(queue, { durable: false, autoDelete: true });
    await go.bindQueue(queue, 'micro', topic);
    const theirs: string[] = [];
    await go.consume(queue, (message) => void theirs.push(String(message?.content)), {
      noAck: true,
    });
    const texts = Array.from({ length: 20 }, (_none, at) => String(at));
    for (const text of texts) await broker.publish(topic, event(text));
    const all = (): readonly string[] => [...heard.texts(), ...theirs].sort();
    await until('all came', () => all().length === texts.length);
    expect(all()).toEqual([...texts].sort());
    expect(theirs.length).toBeGreaterThan(0);
    expect(heard.deliveries.length).toBeGreaterThan(0);
  });

  it('reach lasting queues too, under the name that go-micro has for them', async () => {
    const [topic, queue] = [`golden.lasting.${process.pid}`, `golden-lasting-${process.pid}`];
    const heard = await hear(open({ address: url }).broker, topic, { queue });
    const go = await rawChannel(url);
    afterwards(() => go.deleteQueue(queue));
    await go.assertQueue(queue, { durable: true });
    await go.bindQueue(queue, 'micro', topic); // go-micro binds it besides: it comes once
    go.publish('micro', topic, Buffer.from('lasting'));
    await until('it came', () => heard.deliveries.length === 1);
    expect(heard.texts()).toEqual(['lasting']);
  });
});
