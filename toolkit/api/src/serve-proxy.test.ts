import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { until } from '@micro-ts/testing';
import { metadata } from 'micro-ts';
import type { Closable } from 'micro-ts';
import WebSocket, { WebSocketServer } from 'ws';
import { openWorld } from './world.test.fixture.ts';
import type { World } from './world.test.fixture.ts';

const servers = new Set<Server>();
let world: World;

beforeAll(async () => {
  world = await openWorld({
    handler: 'proxy',
    proxyTimeout: 500,
    mounts: [{ path: '/apps', handler: 'proxy', namespace: 'go.micro.web', stripPrefix: true }],
  });
});
afterAll(async () => {
  await world.close();
  for (const server of servers) server.close().closeAllConnections();
});

/** A web service that is registered until it is closed. */
async function web(
  service: string,
  listener: (...args: Parameters<RequestListener>) => unknown,
): Promise<[Server, Closable]> {
  const server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.add(server);
  return [server, await register(service, (server.address() as AddressInfo).port)];
}

let nodes = 0;
function register(service: string, port: number): Promise<Closable> {
  const id = `${service}-${++nodes}`;
  const address = `127.0.0.1:${port}`;
  return world.app.register({
    ...{ id, service, address, version: '1', endpoints: [] },
    metadata: metadata({}),
  });
}

const reaches = async (path: string): Promise<void> => {
  await until(async () => (await fetch(`${world.url}${path}`)).status !== 404);
};

it('passes a request with its path, query, headers and body, and tells who asked', async () => {
  await web('shop', async (request, response) => {
    const chunks = await request.toArray();
    response.setHeader('set-cookie', ['a=1', 'b=2']).setHeader('connection', 'x-hop');
    response.setHeader('x-hop', 'for one connection').statusCode = 201;
    const { method, url, headers } = request;
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
  });
  await reaches('/shop');
  const response = await fetch(`${world.url}/shop/cart/%7Bx%7D?a=1&a=%2F`, {
    method: 'POST',
    body: 'some bytes',
    headers: { 'x-forwarded-for': '6.6.6.6', 'micro-endpoint': 'X.Y', forwarded: 'for=6.6.6.6' },
  });
  expect(response.status).toBe(201);
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(response.headers.get('x-hop')).toBeNull();
  const got = (await response.json()) as { headers: Record<string, string> };
  expect(got).toMatchObject({
    method: 'POST',
    url: '/shop/cart/%7Bx%7D?a=1&a=%2F',
    body: 'some bytes',
  });
  expect(got.headers['x-forwarded-for']).toBe('127.0.0.1');
  expect(got.headers['x-forwarded-host']).toBe(world.gateway.address);
  expect(got.headers['x-request-id']).toBe(response.headers.get('x-request-id'));
  expect(got.headers).not.toHaveProperty('micro-endpoint');
  expect(got.headers).not.toHaveProperty('forwarded');
});

it('takes the prefix off where it is told to, and says so', async () => {
  await web('go.micro.web.admin', (request, response) => {
    response.end(`${request.url} ${request.headers['x-forwarded-prefix']}`);
  });
  await reaches('/apps/admin');
  const ask = async (path: string) => (await fetch(`${world.url}${path}`)).text();
  expect(await ask('/apps/admin')).toBe('/ /apps/admin');
  expect(await ask('/apps/admin/users?x=1')).toBe('/users?x=1 /apps/admin');
});

it('reaches nothing but web services that are registered', async () => {
  const status = async (path: string) => (await fetch(`${world.url}${path}`)).status;
  expect(await status('/nobody/x')).toBe(404);
  expect(await status('/127.0.0.1:80/x')).toBe(404);
  expect(await status('/greeter/Greeter.Secret')).toBe(404); // it speaks Micro, and has internal endpoints
  const over = await world.raw(
    'GET /shop/../greeter HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  );
  expect(over).toMatch(/^HTTP\/1.1 400/);
  const encoded = await world.raw(
    'GET /shop/..%2fgreeter HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  );
  expect(encoded).toMatch(/^HTTP\/1.1 400/);
  const absolute = await world.raw(
    'GET http://example.com/shop HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  );
  expect(absolute).toMatch(/^HTTP\/1.1 (400|404)/);
});

it('says 503 when all nodes are gone, and 504 when one does not answer', async () => {
  const [server, registration] = await web('slow', () => undefined);
  await until(() => server.listening);
  for (let left = 100; ; left--) {
    const { status } = await fetch(`${world.url}/slow`);
    if (status === 504) break;
    if (status !== 404 || left === 0) throw new Error(String(status));
  }
  await registration.close();
  let response = await fetch(`${world.url}/slow`);
  for (let left = 100; response.status === 504 && left > 0; left--)
    response = await fetch(`${world.url}/slow`);
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('1');
});

it('tries another node if one cannot be reached, also with a body', async () => {
  await web('pair', async (request, response) => {
    response.end(Buffer.concat(await request.toArray()));
  });
  await register('pair', 1);
  await reaches('/pair');
  for (let at = 0; at < 20; at++) {
    const response = await fetch(`${world.url}/pair`, { method: 'POST', body: `number ${at}` });
    expect(await response.text()).toBe(`number ${at}`);
  }
});

it('streams: an answer begins before it ends, and ends with who asked for it', async () => {
  let ended = 0;
  await web('ticker', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).write('first');
    response.on('close', () => ended++);
  });
  await reaches('/ticker');
  const before = ended;
  const controller = new AbortController();
  const { body } = await fetch(`${world.url}/ticker`, { signal: controller.signal });
  const { value } = await (body as ReadableStream<Uint8Array>).getReader().read();
  expect(Buffer.from(value as Uint8Array).toString()).toBe('first');
  controller.abort();
  await until(() => ended > before);
});

it('passes web sockets, and ends them with either side', async () => {
  const [server] = await web('chat', (_request, response) => void response.end());
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'v2' });
  sockets.on('connection', (socket, request) => {
    socket.send(`${request.url} ${request.headers['x-forwarded-for']}`);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await reaches('/chat');
  const client = new WebSocket(`${world.url.replace('http', 'ws')}/chat/room?id=7`, ['v1', 'v2']);
  const messages: string[] = [];
  client.on('message', (data) => messages.push(String(data)));
  await until(() => messages.length === 1);
  expect(messages[0]).toBe('/chat/room?id=7 127.0.0.1');
  expect(client.protocol).toBe('v2');
  client.send('x'.repeat(100_000));
  await until(() => messages.length === 2);
  expect(messages[1]).toHaveLength(100_000);
  let closed = false;
  client.on('close', () => (closed = true));
  for (const socket of sockets.clients) socket.terminate();
  await until(() => closed);
});

/** What somebody gets who asks for a web socket. */
const handshake = (path: string): Promise<string> =>
  world.raw(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  );

describe('a web service that refuses a web socket', () => {
  it('is heard: its headers say with what to come back, and its body why', async () => {
    const [server] = await web('members', (_request, response) => void response.end());
    server.on('upgrade', (_request, socket) => {
      const lines = ['HTTP/1.1 401 Unauthorized', 'WWW-Authenticate: Basic realm="members"'];
      lines.push('Set-Cookie: a=1', 'Set-Cookie: b=2', 'Connection: close, x-hop', 'X-Hop: 1');
      lines.push('Transfer-Encoding: chunked');
      socket.end(`${lines.join('\r\n')}\r\n\r\n8\r\nwho asks\r\n0\r\n\r\n`);
    });
    await reaches('/members');
    const [head = '', body] = (await handshake('/members/room')).split('\r\n\r\n');
    expect(body).toBe('who asks');
    expect(head).toMatch(/^HTTP\/1.1 401 Unauthorized\r$/m);
    expect(head).toMatch(/^www-authenticate: Basic realm="members"\r$/m);
    expect(head.match(/^set-cookie: (a=1|b=2)$/gm)).toHaveLength(2);
    expect(head).toMatch(/^x-request-id: /m);
    expect(head).not.toMatch(/x-hop|transfer-encoding/i);
  });

  it('is cut off when it goes on and on', async () => {
    const [server] = await web('chatty', (_request, response) => void response.end());
    let gone = false;
    server.on('upgrade', (_request, socket) => {
      const more = (): void => {
        while (socket.writable && socket.write('x'.repeat(65_536)));
      };
      socket.on('error', () => undefined).on('drain', more);
      socket.once('close', () => (gone = true));
      socket.write('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n', more);
    });
    await reaches('/chatty');
    expect((await handshake('/chatty/room')).length).toBeLessThan(2_000_000);
    await until(() => gone);
  });
});

describe('a request that a web service could read as two', () => {
  const host = 'Host: localhost\r\n';
  const hidden = 'GET /target/hidden HTTP/1.1\r\nHost: target\r\n\r\n';
  const chunked = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
  const asked: string[] = [];
  beforeAll(async () => {
    await web('target', async (request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const chunks = await request.toArray();
      response.end(`${chunks.length}`);
    });
    await reaches('/target/first');
  });

  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST'])('%s is one', async (method) => {
    const head = `${method} /target/seen HTTP/1.1\r\n${host}`;
    asked.length = 0;
    await world.raw(`${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`);
    const length = `Content-Length: ${hidden.length}\r\n`;
    await world.raw(`${head}Connection: close, content-length\r\n${length}\r\n${hidden}`);
    expect(await (await fetch(`${world.url}/target/after`)).text()).toBe('0');
    expect(asked).toEqual([
      `${method} /target/seen`,
      `${method} /target/seen`,
      'GET /target/after',
    ]);
  });

  it('a long list of names in Connection takes no time', async () => {
    const connection = `close,a${' '.repeat(14_000)}b`;
    const began = performance.now();
    for (let n = 0; n < 40; n++)
      await world.raw(`GET /target/x HTTP/1.1\r\n${host}Connection: ${connection}\r\n\r\n`);
    expect(performance.now() - began).toBeLessThan(4_000);
  });
});

describe('a web service that answers what is no answer', () => {
  it.each([
    ['a status beyond all', 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Odd\r\nConnection: upgrade\r\nUpgrade: odd\r\n\r\n'],
  ])('%s: the gateway says so, and lives', async (name, answer) => {
    const server = createNetServer((socket) => {
      socket.on('error', () => undefined).once('data', () => void socket.write(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const service = name.includes('status') ? 'odd-status' : 'odd-protocol';
    const closable = await register(service, (server.address() as AddressInfo).port);
    await reaches(`/${service}`);
    expect((await fetch(`${world.url}/${service}/x`)).status).toBe(500);
    expect((await fetch(`${world.url}/health`)).status).toBe(200);
    await closable.close();
    server.close();
  });

  it('a node at a port that cannot be is none', async () => {
    const closed = await Promise.all([1, 99_999].map((port) => register('nowhere', port)));
    for (let n = 0; n < 4; n++)
      expect([404, 503]).toContain((await fetch(`${world.url}/nowhere/x`)).status);
    await Promise.all(closed.map((each) => each.close()));
  });
});
