import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metadata } from '@micro-ts/interface';
import type { Broker, BrokerSubscribeOptions, Delivery, Node, Registry } from '@micro-ts/interface';
import { decodeEnvelope } from '@micro-ts/wire';
import { until } from '@micro-ts/testing';
import { afterwards, closeAll, newRegistry, open, rawSocket } from './app.test.fixture.ts';
import { surroundings } from './app.test.fixture.ts';

afterEach(closeAll);

const defaults: BrokerSubscribeOptions = {
  delivery: 'at-most-once',
  attempts: 1,
  concurrency: 64,
};

const broker = (registry: Registry): Broker => open().create('broker', surroundings(registry));

const event = (text: string) => ({
  contentType: 'application/json',
  metadata: metadata({ 'x-tenant': 'acme' }),
  body: Buffer.from(text),
});

async function heard(on: Broker, topic: string, queue?: string): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  const handler = async (delivery: Delivery): Promise<void> => void deliveries.push(delivery);
  const subscription = await on.subscribe(topic, handler, { ...defaults, queue });
  afterwards(() => subscription.close());
  return deliveries;
}

/** A server that is no broker of ours, such as a Go program, with a node in the registry. */
async function foreign(registry: Registry, version: string, status = 200): Promise<string[]> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let text = `${request.method} ${request.url} ${request.headers['content-type']}\n`;
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      bodies.push(text);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(() => server.close());
  afterwards(() => server.closeAllConnections());
  await registry.register(record(version, (server.address() as AddressInfo).port), 60_000);
  return bodies;
}

const record = (version: string, port: number, id = `events-${port}`): Node => ({
  id,
  service: 'micro.http.broker',
  version,
  address: `127.0.0.1:${port}`,
  metadata: metadata({ broker: 'http', secure: 'false', topic: 'events' }),
  endpoints: [],
});

describe("go-micro's http broker", () => {
  it('registers a subscription as go-micro does, and removes it', async () => {
    const registry = newRegistry();
    const [one, other] = [broker(registry), broker(registry)];
    await heard(one, 'events');
    const subscription = await other.subscribe('events', async () => undefined, {
      ...defaults,
      queue: 'mail',
    });
    const nodes = [...(await registry.lookup('micro.http.broker'))];
    expect(nodes.map(({ version }) => version).sort()).toEqual(['ff.http.broadcast', 'mail']);
    for (const node of nodes) {
      expect(node.id).toMatch(/^events-[0-9a-f-]{36}$/);
      expect(node.address).toMatch(/^127\.0\.0\.1:\d+$/);
      expect({ ...node.metadata }).toEqual({ broker: 'http', secure: 'false', topic: 'events' });
      expect(node.endpoints).toEqual([]);
    }
    await subscription.close();
    expect(await registry.lookup('micro.http.broker')).toHaveLength(1);
  });

  it('publishes to subscribers that are not ours, by the POST that they know', async () => {
    const registry = newRegistry();
    const bodies = await foreign(registry, 'ff.http.broadcast');
    await broker(registry).publish('events', event('{"name":"evt"}'));
    const [line = '', body = ''] = bodies[0]?.split('\n') ?? [];
    expect(line).toMatch(/^POST \/\?id=events-\d+ application\/json$/);
    const { Header, Body } = JSON.parse(body) as { Header: Record<string, string>; Body: string };
    expect(Header).toMatchObject({
      'Content-Type': 'application/json',
      'Micro-Topic': 'events',
      'X-Tenant': 'acme',
    });
    expect(Header).not.toHaveProperty('Micro-ID');
    expect(Buffer.from(Body, 'base64').toString()).toBe('{"name":"evt"}');
    expect(decodeEnvelope(body).metadata['x-tenant']).toBe('acme');
  });

  it('keeps the id of an event, by which subscribers know it again, and makes none', async () => {
    const registry = newRegistry();
    const [one, other] = [broker(registry), broker(registry)];
    const bodies = await foreign(registry, 'ff.http.broadcast');
    const deliveries = await heard(other, 'events');
    const { contentType, body, metadata: own } = event('x');
    const marked = { contentType, body, metadata: metadata(own, { 'micro-id': 'mine' }) };
    await one.publish('events', marked);
    await one.publish('events', marked);
    await one.publish('events', event('x'));
    await until(() => deliveries.length === 3);
    const ids = deliveries.map((delivery) => delivery.metadata['micro-id']);
    expect(ids.sort()).toEqual(['mine', 'mine', undefined]);
    expect(bodies.filter((text) => text.includes('"Micro-ID":"mine"'))).toHaveLength(2);
  });

  it('takes the POST of publishers that are not ours', async () => {
    const registry = newRegistry();
    const deliveries = await heard(broker(registry), 'events');
    const [node] = await registry.lookup('micro.http.broker');
    const envelope =
      '{"Header":{"Content-Type":"application/json","Micro-ID":"7","Micro-Topic":"events","Foo":"bar"},' +
      '"Body":"eyJuYW1lIjoiZXZ0In0K"}';
    const socket = await rawSocket(Number(node?.address.split(':')[1]));
    const post = (id: string, body: string): string =>
      `POST /?id=${id} HTTP/1.1\r\nHost: ${node?.address}\r\nUser-Agent: Go-http-client/1.1\r\n` +
      `Content-Length: ${body.length}\r\nContent-Type: application/json\r\n\r\n${body}`;
    socket.write(post(node?.id ?? '', envelope));
    expect(await socket.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    await until(() => deliveries.length === 1);
    const { body, ...rest } = deliveries[0] as Delivery;
    expect(Buffer.from(body).toString()).toBe('{"name":"evt"}\n');
    expect({ ...rest, metadata: { ...rest.metadata } }).toEqual({
      topic: 'events',
      attempt: 1,
      contentType: 'application/json',
      metadata: { foo: 'bar', 'micro-id': '7' },
    });
    socket.write(post('nobody', envelope));
    expect(await socket.until('HTTP/1.1 404')).toContain('Micro-Refused: 1');
    socket.write(post(node?.id ?? '', 'no envelope'));
    await socket.until('HTTP/1.1 400');
    socket.write(post(node?.id ?? '', '{"Header":{},"Body":""}'));
    expect(await socket.until('HTTP/1.1 400', 2)).toContain('Micro-Topic');
    socket.write(post(node?.id ?? '', envelope).replace('POST', 'PUT'));
    await socket.until('HTTP/1.1 405');
    socket.write(post(node?.id ?? '', envelope).replace('application/json', 'text/plain'));
    await socket.until('HTTP/1.1 415');
    expect(deliveries).toHaveLength(1);
  });

  it('a subscriber that is gone harms nobody, and its queue goes on without it', async () => {
    const registry = newRegistry();
    const [one, other] = [broker(registry), broker(registry)];
    await registry.register(record('ff.http.broadcast', 1), 60_000);
    await registry.register(record('mail', 1, 'events-gone'), 60_000);
    const queue = await heard(other, 'events', 'mail');
    const all = await heard(other, 'events');
    for (let at = 0; at < 20; at++) await one.publish('events', event('x'));
    await until(() => queue.length === 20 && all.length === 20);
  });

  it('a queue in which nobody can be reached fails the publication', async () => {
    const registry = newRegistry();
    await registry.register(record('mail', 1), 60_000);
    const work = broker(registry).publish('events', event('x'));
    await expect(work).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('finds subscribers without a watch too', async () => {
    const { register, deregister, lookup, list } = newRegistry();
    const registry: Registry = { register, deregister, lookup, list };
    const [one, other] = [broker(registry), broker(registry)];
    const deliveries = await heard(other, 'events');
    await Promise.all(Array.from({ length: 50 }, () => one.publish('events', event('x'))));
    await until(() => deliveries.length === 50);
  });
});
