import { setTimeout as pause } from 'node:timers/promises';
import { metadata } from '@micro-ts/interface';
import { needsServer, serverUrl } from '@micro-ts/testing/servers';
import { Redis } from 'ioredis';
import { until } from '@micro-ts/testing';
import { keepSubscribed, openApp, textOf } from './broker-apps.test.fixture.ts';
import type { App } from './broker-apps.test.fixture.ts';

/** What go-micro v5 has put on the wire, recorded from its nats broker, whose format this is. */
const recorded =
  '{"Header":{"Content-Type":"application/json","Micro-ID":"bf20c63d-6725-4409-8d76-5474d9cecc09",' +
  '"Micro-Topic":"events"},"Body":"eyJuYW1lIjoiZXZ0In0K"}';

needsServer(describe, 'redis')('events of go-micro over redis', () => {
  let client: Redis;
  let app: App;
  let other: App;
  beforeAll(async () => {
    const address = await serverUrl('redis');
    client = new Redis(address);
    app = openApp({ address });
    other = openApp({ address });
  });
  afterAll(async () => {
    client.disconnect();
    await app.close();
    await other.close();
  });

  it('what is published is what go-micro publishes, on the channel of the topic', async () => {
    const hears = client.duplicate();
    const heard: string[] = [];
    hears.on('message', (_channel, text: string) => heard.push(text));
    await hears.subscribe('events');
    const body = Buffer.from('{"name":"evt"}\n');
    const id = { 'micro-id': 'bf20c63d-6725-4409-8d76-5474d9cecc09' };
    const message = { contentType: 'application/json', metadata: metadata(id), body };
    await app.broker.publish('events', message);
    await until(() => heard.length === 1);
    const { Header, Body } = JSON.parse(heard[0] ?? '');
    const expected = JSON.parse(recorded);
    expect(Body).toBe(expected.Body);
    expect(Header).toEqual({ ...expected.Header, 'Micro-Broker': 'redis' });
    hears.disconnect();
  });

  it('what go-micro publishes reaches everybody once: a queue, and those without', async () => {
    const topic = `go.${process.pid}`;
    const heard = [
      await keepSubscribed(app, topic, { delivery: 'at-most-once' }),
      await keepSubscribed(app, topic),
    ];
    const members = [
      await keepSubscribed(app, topic, { queue: 'q' }),
      await keepSubscribed(other, topic, { queue: 'q' }),
      await keepSubscribed(other, topic, { queue: 'q', delivery: 'at-most-once' }),
    ];
    const texts = Array.from({ length: 100 }, (_none, at) => `go-${at}`);
    for (const [at, text] of texts.entries()) {
      const Body = Buffer.from(text).toString('base64');
      const Header = { 'Content-Type': 'text/plain', 'Micro-ID': `${at}`, 'Micro-Topic': topic };
      await client.publish(topic, JSON.stringify({ Header, Body }));
    }
    const inQueue = (): readonly string[] =>
      members.flatMap(({ deliveries }) => deliveries.map(textOf));
    await until(() => inQueue().length === 100);
    await until(() => heard.every(({ deliveries }) => deliveries.length === 100));
    await pause(300);
    expect([...inQueue()].sort()).toEqual([...texts].sort());
    for (const each of heard) expect(each.deliveries.map(textOf)).toEqual(texts);
    expect({ ...heard[0]?.deliveries[0]?.metadata }).toEqual({ 'micro-id': '0' });
    for (const each of [...heard, ...members]) await each.close();
  });
});
