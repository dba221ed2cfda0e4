import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '@micro-ts/testing';
import { openWorld, seen } from './world.test.fixture.ts';
import type { World } from './world.test.fixture.ts';

const key = 'a key of more than sixteen characters'.replaceAll(' ', '-');
// Nobody listens there.
const jwt = { jwksUrl: 'http://127.0.0.1:1/keys', issuer: 'i', audience: 'a' };
const other = key.replace('a-key', 'another-key');

let world: World;
beforeAll(async () => {
  world = await openWorld({
    cors: ['https://shop.example'],
    rateLimit: 20,
    rpc: true,
    mounts: [{ path: '/events', handler: 'event' }],
    access: {
      keys: [
        { name: 'shop', key, allow: ['greeter/Greeter.Hello'] },
        { name: 'other', key: other },
      ],
    },
  });
});
afterAll(() => world.close());

const ask = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
  fetch(`${world.url}${path}`, { headers, ...init });
const known = { 'x-api-key': key };

it('answers nobody who does not say who it is, but says that it lives', async () => {
  for (const path of ['/greet/Ann', '/openapi.json', '/docs/', '/stats', '/nothing/there'])
    expect((await ask(path)).status).toBe(401);
  expect((await ask('/greet/Ann', { 'x-api-key': 'wrong' })).status).toBe(401);
  expect((await ask('/health')).status).toBe(200);
  expect((await ask('/ready')).status).toBe(200);
});

it('answers the question of a browser before it is known who asks', async () => {
  const headers = { origin: 'https://shop.example', 'access-control-request-method': 'POST' };
  const preflight = await ask('/greet/Ann', headers, { method: 'OPTIONS' });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('https://shop.example');
  const refused = await ask('/greet/Ann', { origin: 'https://shop.example' });
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([
    401,
    'https://shop.example',
  ]);
});

it('tells services who it is, whatever the caller said, and not the key', async () => {
  expect((await ask('/greet/Ann', { ...known, 'x-user': 'root' })).status).toBe(200);
  expect(seen.metadata).toMatchObject({ 'x-user': 'shop', 'x-auth': 'key' });
  expect(JSON.stringify(seen.metadata)).not.toContain(key);
});

it('asks no web service for who does not say who it is, and passes on what it found out', async () => {
  const got: string[] = [];
  const server = createServer((request, response) => {
    got.push(`${request.method} ${request.headers['x-user'] ?? 'nobody'}`);
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const network = await openWorld({
    mounts: [{ path: '/web', handler: 'proxy' }],
    access: { keys: [{ name: 'shop', key }], open: ['/web/shop/open'] },
  });
  await network.app.register({
    ...{ id: 'shop-1', service: 'shop', address: `127.0.0.1:${port}`, version: '1' },
    ...{ endpoints: [], metadata: {} },
  });
  const at = (path: string, headers: Record<string, string>, method = 'GET') =>
    fetch(`${network.url}/web/shop${path}`, { headers, method });
  await until(async () => (await at('', known)).status === 200);
  got.length = 0;
  const question = { origin: 'https://x.example', 'access-control-request-method': 'GET' };
  expect([401, 403]).toContain((await at('', question, 'OPTIONS')).status);
  expect((await at('/open', known)).status).toBe(200);
  await network.raw(
    `GET /web/shop HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: ${key}\r\nConnection: close, x-user\r\n\r\n`,
  );
  expect(got).toEqual(['GET nobody', 'GET shop']);
  await network.close();
  server.close().closeAllConnections();
});

it('lets a key call what it may, by whatever way', async () => {
  const json = { ...known, 'content-type': 'application/json' };
  const post = { method: 'POST', body: '{}' };
  expect((await ask('/greeter/echo', json, post)).status).toBe(403);
  const body = '{"service":"greeter","endpoint":"Greeter.Echo","request":{}}';
  expect((await ask('/rpc', json, { method: 'POST', body })).status).toBe(403);
  expect((await ask('/events/user/login', json, post)).status).toBe(403);
});

it('counts the requests of each key', async () => {
  let status = 0;
  for (let at = 0; at < 25; at++) ({ status } = await ask('/greet/Ann', known));
  expect(status).toBe(429);
  expect((await ask('/greet/Ann', { 'x-api-key': other })).status).toBe(200);
});

describe('callers who are refused', () => {
  const rateLimit = 3;
  let limited: World;
  beforeEach(async () => {
    limited = await openWorld({
      ...{ rateLimit, trustedProxies: ['127.0.0.1'] },
      access: { keys: [{ name: 'shop', key }], jwt, open: ['/openapi.json'] },
    });
  });
  afterEach(() => limited.close());
  const knock = (from: string, credentials: Record<string, string>, path = '/greet/Ann') =>
    fetch(`${limited.url}${path}`, { headers: { 'x-forwarded-for': from, ...credentials } });

  it.each<[string, (at: number) => Record<string, string>]>([
    ['keys', (at) => ({ 'x-api-key': `wrong-${at}` })],
    ['tokens', (at) => ({ authorization: `Bearer a.b.${at}` })],
    ['nothing', () => ({})],
  ])('are counted by their address: wrong %s', async (_what, wrong) => {
    for (let at = 0; at < rateLimit; at++)
      expect((await knock('10.0.0.1', wrong(at))).status).toBe(401);
    const refused = await knock('10.0.0.1', wrong(rateLimit));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: 'resource_exhausted' });
    // Else they would know by the answer which key is one.
    expect((await knock('10.0.0.1', known)).status).toBe(429);
    expect((await knock('10.0.0.2', known)).status).toBe(200);
  });

  it('are one caller in a network of IPv6', async () => {
    for (let at = 0; at < rateLimit; at++)
      expect((await knock(`2001:db8::${at + 1}`, {})).status).toBe(401);
    expect((await knock('2001:db8::ffff', {})).status).toBe(429);
    expect((await knock('2001:db8:0:1::1', {})).status).toBe(401);
  });

  it('do not count what others at their address are answered', async () => {
    for (let at = 0; at < rateLimit; at++)
      expect((await knock('10.0.0.3', known)).status).toBe(200);
    expect((await knock('10.0.0.3', {})).status).toBe(401);
    expect((await knock('10.0.0.3', {}, '/openapi.json')).status).toBe(200);
  });

  it('are not to blame for keys of tokens that cannot be had', async () => {
    const authorization = 'Bearer eyJhbGciOiJFUzI1NiIsImtpZCI6ImEifQ.e30.c2ln';
    for (let at = 0; at < rateLimit + 2; at++)
      expect((await knock('10.0.0.4', { authorization })).status).toBe(503);
  });
});
