import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { openServer, talk } from './http-server.test.fixture.ts';
import { calls, sockets } from './index.ts';
import type { Edge } from './index.ts';
import type { SocketsOptions } from './sockets.ts';
import { openWorld, seen, until } from './world.test.fixture.ts';
import type { World } from './world.test.fixture.ts';

const plugWith =
  (options: SocketsOptions) =>
  async (server: FastifyInstance, edge: Edge): Promise<void> => {
    await server.register(sockets, options);
    await server.register(calls, { edge });
  };

let world: World;
beforeEach(async () => {
  seen.aborted = 0;
  seen.sent = 0;
  world = await openWorld(plugWith({ messageBytes: 100_000 }), { mostStreams: 2 });
});
afterEach(() => world.close());

/** A client that keeps what it is sent, and how it was closed. */
function open(path: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(world.url.replace('http', 'ws') + path, { headers });
  const messages: string[] = [];
  socket.on('message', (data, isBinary) => messages.push(isBinary ? 'binary' : String(data)));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close').then(([code, reason]) => `${code} ${reason}`);
  return { socket, messages, closed, opened: once(socket, 'open') };
}

const statusOf = (path: string, headers: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket' };
    const key = { 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
    request(world.url + path, { headers: { ...upgrade, ...key, ...headers } }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });

describe('a web socket', () => {
  it('is a call that streams both ways', async () => {
    const { socket, messages, closed, opened } = open('/greeter/echo');
    await opened;
    socket.send('{"n":1}');
    await until(() => messages.length === 1);
    socket.send('{"n":2}');
    socket.send('');
    expect(await closed).toBe('1000 ');
    expect(messages).toEqual(['{"n":1}', '{"n":2}']);
  });

  it('is a call that takes a stream', async () => {
    const { socket, messages, closed, opened } = open('/greeter/sum');
    await opened;
    for (const n of [1, 2, 3]) socket.send(JSON.stringify({ n }));
    socket.send('');
    expect(await closed).toBe('1000 ');
    expect(messages).toEqual(['{"sum":6}']);
  });

  it('is a call of which the first message is the request', async () => {
    const { socket, messages, closed, opened } = open('/greeter/count?to=2');
    await opened;
    socket.send('{"size":1}');
    expect(await closed).toBe('1000 ');
    expect(messages).toEqual(['{"n":1,"pad":"x"}', '{"n":2,"pad":"x"}']);
  });

  it('is a call by a route', async () => {
    const { socket, messages, closed, opened } = open('/greet/Ann');
    await opened;
    socket.send('');
    expect(await closed).toBe('1000 ');
    expect(messages).toEqual(['{"message":"Hello Ann","got":{"name":"Ann"}}']);
  });

  it.each([
    ['{"fail":"not_found"}', '4404 not_found: as asked'],
    ['{"fail":"unavailable"}', '4503 unavailable: as asked'],
    ['{', '4400 invalid_argument: the body is not JSON'],
    ['[]', '4400 invalid_argument: the body should be a JSON object'],
    [`{"a":"${'x'.repeat(100_000)}"}`, '1009 '],
  ])('is closed after an error: %.20s', async (message, expected) => {
    const { socket, closed, opened } = open('/greeter/echo');
    await opened;
    socket.send(message);
    expect(await closed).toBe(expected);
    await until(() => world.edge.streams.size === 0);
  });

  it('is refused in HTTP', async () => {
    expect(await statusOf('/nobody/there')).toBe(404);
    expect(await statusOf('/greeter/echo', { origin: 'http://evil.example' })).toBe(403);
    expect(await statusOf('/greeter/echo', { 'sec-websocket-version': '1' })).toBe(400);
  });

  const json = 'Content-Type: application/json\r\n';
  const chunked = 'Transfer-Encoding: chunked\r\n';
  it.each([
    ['POST', 'websocket', `${json}Content-Length: 14\r\n`, '{"name":"Ann"}'],
    ['POST', 'h2c', `${json}${chunked}`, 'e\r\n{"name":"Ann"}\r\n0\r\n\r\n'],
    ['GET', 'websocket', chunked, '0\r\n\r\n'],
    ['GET', 'h2c', '', ''],
  ])('is not what %s with Upgrade: %s asks for', async (method, upgrade, more, body) => {
    const port = Number(new URL(world.url).port);
    const headers = `Host: x\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n${more}`;
    const head = `${method} /greeter/hello?name=Ann HTTP/1.1\r\n${headers}\r\n`;
    const answer = await talk(port, head + body);
    expect(answer).toMatch(/^HTTP\/1.1 200 [^]*"message":"Hello Ann"/);
    expect(answer.match(/HTTP\/1.1/g)).toHaveLength(1);
  });

  it('is not what a POST asks for, whose body comes behind its headers', async () => {
    const client = connect(Number(new URL(world.url).port), '127.0.0.1');
    world.server.server.once('upgrade', () => client.write('{"name":"Ann"}'));
    const headers = `Host: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n${json}Content-Length: 14\r\n`;
    client.write(`POST /greeter/hello HTTP/1.1\r\n${headers}\r\n`);
    const answer = (await client.toArray()).join('');
    expect(answer).toMatch(/^HTTP\/1.1 200 [^]*"message":"Hello Ann"/);
  });

  it('that nobody answers to is a problem, whatever was asked for', async () => {
    const headers = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 0\r\n';
    const port = Number(new URL(world.url).port);
    const answer = await talk(port, `POST /nobody/there HTTP/1.1\r\n${headers}\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 404 [^]*application\/problem\+json[^]*"code":"not_found"/);
  });

  it.each(['GET', 'POST'])(
    'that is refused to a %s ends, though the client leaves its half open',
    async (method) => {
      const { fastify, port } = await openServer({}, (server) => void server.register(sockets));
      const client = connect({ port, allowHalfOpen: true });
      client.write(`${method} / HTTP/1.1\r\nHost: localhost\r\nContent-Length: `);
      client.write(`${method.length - 3}\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n`);
      await once(client.resume(), 'end');
      const connections = promisify(fastify.server.getConnections.bind(fastify.server));
      while ((await connections()) > 0) await pause(10);
      client.destroy();
    },
  );

  it('is refused in HTTP if there are too many', async () => {
    const both = [open('/greeter/echo'), open('/greeter/echo')];
    await Promise.all(both.map(({ opened }) => opened));
    expect(await statusOf('/greeter/echo')).toBe(429);
    for (const { socket } of both) socket.terminate();
  });

  it('is refused in HTTP if its client has too many, not if others have', async () => {
    const clientOf = ({ headers }: FastifyRequest): string => String(headers['x-client']);
    await world.close();
    world = await openWorld(plugWith({}), { mostStreamsOfClient: 2, clientOf });
    const ann = { 'x-client': 'ann' };
    const two = [open('/greeter/echo', ann), open('/greeter/echo', ann)];
    await Promise.all(two.map(({ opened }) => opened));
    expect(await statusOf('/greeter/echo', ann)).toBe(429);
    const bob = open('/greeter/echo', { 'x-client': 'bob' });
    await bob.opened;
    two[0]?.socket.terminate();
    await until(() => world.edge.streams.size === 2);
    const again = open('/greeter/echo', ann);
    await again.opened;
    for (const { socket } of [...two, bob, again]) socket.terminate();
  });

  it('is closed if its one request does not come in time', async () => {
    for (const path of ['/greeter/hello', '/greeter/count']) {
      const { closed } = open(path, { timeout: '100ms' });
      expect(await closed).toBe('4504 deadline_exceeded: no request came within 100 ms');
    }
    await until(() => world.edge.streams.size === 0);
  });

  it('may be opened by pages of the same host', async () => {
    const { socket, closed, opened } = open('/greeter/echo', { origin: world.url });
    await opened;
    socket.close();
    expect(await closed).toBe('1005 ');
  });

  it('that is left cancels its call', async () => {
    const { socket, opened } = open('/greeter/count?to=100000&size=10000');
    await opened;
    socket.send('');
    await until(() => seen.sent > 0);
    socket.terminate();
    await until(() => seen.aborted === 1);
    await until(() => world.edge.streams.size === 0);
  });

  it('waits for a slow reader', async () => {
    const { socket, opened } = open('/greeter/count?to=100000&size=10000');
    await opened;
    socket.send('');
    await until(() => seen.sent > 0);
    socket.pause();
    let before = -1;
    while (seen.sent !== before) {
      before = seen.sent;
      await pause(300);
    }
    expect(seen.sent).toBeLessThan(5_000);
    socket.terminate();
  });

  it('is read no faster than its messages are taken', async () => {
    const { socket, opened } = open('/greeter/nap');
    await opened;
    const message = `{"pad":"${'x'.repeat(50_000)}"}`;
    for (let n = 0; n < 1_000; n++) socket.send(message);
    await pause(500);
    expect(socket.bufferedAmount).toBeGreaterThan(10_000_000);
    socket.terminate();
  });

  it('whose client is gone without a word is cut off', async () => {
    await world.close();
    world = await openWorld(plugWith({ pingEvery: 200 }));
    const port = Number(new URL(world.url).port);
    const dead = connect(port, '127.0.0.1');
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
    const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\n${key}`;
    dead.write(`GET /greeter/echo HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`);
    dead.resume();
    await until(() => world.edge.streams.size === 1);
    await once(dead, 'close');
    await until(() => world.edge.streams.size === 0);
  });

  it('is told when the server closes', async () => {
    const { closed, opened } = open('/greeter/echo');
    await opened;
    await world.server.close();
    expect(await closed).toBe('1001 the server is closing');
  });
});
