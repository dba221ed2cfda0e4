import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { eventually, until } from '@micro-ts/testing';
import { Handler, Service } from 'micro-ts';
import WebSocket from 'ws';
import { createGateway } from './gateway.ts';
import { Greeter, openWorld, seen } from './world.test.fixture.ts';
import type { World } from './world.test.fixture.ts';

const json = { 'content-type': 'application/json' };

describe('a gateway', () => {
  let world: World;
  beforeAll(async () => (world = await openWorld()));
  afterAll(() => world.close());
  const ask = (path: string, init?: RequestInit) => fetch(`${world.url}${path}`, init);
  const post = (path: string, body: string) => ask(path, { method: 'POST', headers: json, body });

  it('calls an endpoint by the path of its service and its name', async () => {
    const response = await post('/greeter/hello', '{"name":"Ann"}');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ message: 'Hello Ann' });
    expect(await (await ask('/greeter/Greeter.Hello?name=Bob')).json()).toEqual({
      message: 'Hello Bob',
    });
  });

  it('calls it by the route that it asks for', async () => {
    expect(await (await ask('/greet/Ann')).json()).toEqual({ message: 'Hello Ann' });
    const wrong = await ask('/greet/Ann', { method: 'PUT' });
    expect(wrong.status).toBeGreaterThanOrEqual(404);
  });

  it('passes numbers on as they were written', async () => {
    const body = '{"big":12345678901234567890,"exact":1.10}';
    const response = await ask('/greeter/echo', { method: 'POST', headers: json, body });
    expect((await response.text()).replaceAll(' ', '')).toContain('"big":1234567890123456');
  });

  it('says what is wrong, as problem JSON or as go-micro did', async () => {
    const response = await ask('/nobody/hello', { method: 'POST', body: '{}' });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status: 404, code: 'not_found' });
    const accept = 'application/vnd.micro.error+json';
    const other = await ask('/greet/nobody', { headers: { accept } });
    expect(await other.json()).toMatchObject({ code: 404, detail: 'nobody is not here' });
    expect((await ask('/greeter/nothing')).status).toBe(404);
    const options = await ask('/greeter/hello', { method: 'OPTIONS' });
    expect(await options.json()).toMatchObject({ status: 404, code: 'not_found' });
    expect((await post('/greeter/hello', '{')).status).toBe(400);
  });

  it('never calls what is internal', async () => {
    for (const path of ['/greeter/secret', '/greeter/Greeter.Secret', '/greeter/Debug.Health'])
      expect((await ask(path, { method: 'POST', body: '{}' })).status).toBe(404);
    expect((await ask('/rpc', { method: 'POST', body: '{}', headers: json })).status).toBe(404);
  });

  it('answers 504 on the deadline, and ends the handler', async () => {
    const before = seen.aborted;
    const response = await ask('/greeter/sleep', { method: 'POST', headers: { timeout: '500ms' } });
    expect(response.status).toBe(504);
    await until(() => seen.aborted > before);
  });

  it('ends the handler when the client has gone', async () => {
    const before = { ...seen };
    const controller = new AbortController();
    const asked = ask('/greeter/sleep', { method: 'POST', signal: controller.signal });
    await until(() => seen.asleep > before.asleep);
    controller.abort();
    await expect(asked).rejects.toThrow();
    await until(() => seen.aborted > before.aborted);
  });

  it('says 503 with Retry-After when no node is up any more', async () => {
    @Service('brief')
    class Brief {
      @Handler()
      async ping(): Promise<{ ok: true }> {
        return { ok: true };
      }
    }
    const app = await world.start(new Brief());
    const answers = (status: number): Promise<Response> =>
      eventually(async () => {
        const response = await ask('/brief/ping');
        expect(response.status).toBe(status);
        return response;
      });
    await answers(200);
    await app.close();
    const gone = await answers(503);
    expect(gone.headers.get('retry-after')).toBe('1');
  });

  it('tells a service the id of the request and the trace, and nothing that it was not told to', async () => {
    const trace = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
    const headers = { 'x-request-id': 'abc-1', traceparent: trace, cookie: 'a=b', 'x-other': '1' };
    const response = await ask('/greet/Ann', { headers: { ...headers, authorization: 'Basic x' } });
    expect(response.headers.get('x-request-id')).toBe('abc-1');
    expect(seen.metadata).toMatchObject({ 'x-request-id': 'abc-1', authorization: 'Basic x' });
    expect(seen.metadata['traceparent']?.split('-')[1]).toBe(trace.split('-')[1]);
    expect(seen.metadata).not.toHaveProperty('cookie');
    expect(seen.metadata).not.toHaveProperty('x-other');
    const own = await ask('/greet/Ann', { headers: { 'x-request-id': 'no\tgood'.repeat(99) } });
    expect(own.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });

  it('calls the version that is asked for', async () => {
    const version = (value: string) => ask('/greet/Ann', { headers: { 'micro-version': value } });
    expect((await version('1.2.0')).status).toBe(200);
    expect((await version('9.0.0')).status).toBe(404);
    expect((await ask('/v1/greeter/hello?name=Ann')).status).toBe(200);
    expect((await ask('/v2/greeter/hello?name=Ann')).status).toBe(404);
  });

  it('sends nothing again to who has it', async () => {
    const first = await ask('/greet/Ann');
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^W\/"/);
    const second = await ask('/greet/Ann', { headers: { 'if-none-match': tag } });
    expect([second.status, await second.text()]).toEqual([304, '']);
    const posted = await post('/greeter/hello', '{"name":"Ann"}');
    expect(posted.headers.get('etag')).toBeNull();
  });

  it('compresses what is large, and not for those who cannot read it', async () => {
    const accept = { 'accept-encoding': 'gzip' };
    const large = await raw('/greeter/large', accept);
    expect(large.encoding).toBe('gzip');
    expect(gunzipSync(large.body).toString()).toContain('xxxx');
    expect((await raw('/greet/Ann', accept)).encoding).toBeUndefined();
    expect((await raw('/greeter/large', {})).encoding).toBeUndefined();
  });

  /** As it came, which `fetch` would not show. */
  const raw = async (path: string, headers: Record<string, string>) => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${world.url}${path}`, { headers }, resolve).on('error', reject);
    });
    const body = Buffer.concat(await response.toArray());
    return { encoding: response.headers['content-encoding'], body };
  };

  it('sends the messages of a stream as events, or in lines', async () => {
    const events = await ask('/greeter/count?to=2', { headers: { accept: 'text/event-stream' } });
    expect(events.headers.get('content-type')).toContain('text/event-stream');
    expect(await events.text()).toMatch(
      /^data: {"n":1}\n\n(?:id: 2\n)?data: {"n":2}\n\nevent: end\n/m,
    );
    const lines = await ask('/greeter/count?to=2', { headers: { accept: 'application/x-ndjson' } });
    expect(await lines.text()).toBe('{"n":1}\n{"n":2}\n');
  });

  it('compresses no stream', async () => {
    const headers = { accept: 'text/event-stream', 'accept-encoding': 'gzip' };
    const { encoding, body } = await raw('/greeter/count?to=500', headers);
    expect(encoding).toBeUndefined();
    expect(body.toString()).toContain('data: {"n":500}');
  });

  it('carries a stream over a web socket', async () => {
    const socket = new WebSocket(`${world.url.replace('http', 'ws')}/greeter/count`);
    const got: string[] = [];
    socket.on('open', () => socket.send('{"to":3}'));
    socket.on('message', (data) => got.push(String(data)));
    const code = await new Promise((resolve) => socket.on('close', resolve));
    expect([got, code]).toEqual([['{"n":1}', '{"n":2}', '{"n":3}'], 1000]);
    const stranger = new WebSocket(`${world.url.replace('http', 'ws')}/greeter/count`, {
      origin: 'https://evil.example',
    });
    await expect(new Promise((_, reject) => stranger.on('error', reject))).rejects.toThrow('403');
  });

  it('describes what can be called', async () => {
    const { paths } = (await (await ask('/openapi.json')).json()) as { paths: object };
    expect(Object.keys(paths)).toContain('/greet/{name}');
    expect((await ask('/docs/')).status).toBe(200);
  });

  it('is alive, and ready', async () => {
    expect(await (await ask('/health')).json()).toEqual({ status: 'ok' });
    expect(await (await ask('/ready')).json()).toMatchObject({ status: 'ok' });
  });

  it('answers to names of loopback only, and not to pages of others', async () => {
    const status = async (headers: Record<string, string>) => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const text = await world.raw(
        `GET /greet/Ann HTTP/1.1\r\nConnection: close\r\n${lines.join('')}\r\n`,
      );
      return Number(text.slice(9, 12));
    };
    const host = 'localhost';
    expect(await status({ host })).toBe(200);
    expect(await status({ host: 'rebound.example' })).toBe(403);
    expect(await status({ host, origin: 'https://evil.example' })).toBe(403);
    expect(await status({ host, origin: `http://${host}` })).toBe(200);
    const site = (value: string) => ({
      host,
      'sec-fetch-site': value,
      'sec-fetch-mode': 'navigate',
    });
    const followed = { 'sec-fetch-dest': 'document', 'sec-fetch-user': '?1' };
    expect(await status({ host, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await status({ ...site('cross-site'), 'sec-fetch-dest': 'iframe' })).toBe(403);
    expect(await status({ ...site('same-site'), 'sec-fetch-dest': 'image' })).toBe(403);
    expect(await status({ ...site('cross-site'), 'sec-fetch-dest': 'document' })).toBe(403);
    expect(await status({ ...site('cross-site'), ...followed })).toBe(200);
    expect(await status(site('same-origin'))).toBe(200);
  });
});

it('says that it goes, answers until then, and ends what streams', async () => {
  const { asleep } = seen;
  const world = await openWorld({ grace: 4_000, drain: 5_000 });
  const endless = await fetch(`${world.url}/greeter/count?to=1000000000`, {
    headers: { accept: 'text/event-stream' },
  });
  const body = '{"ms":4200}'; // longer than the grace
  const headers = { ...json, timeout: '20s' };
  const slow = fetch(`${world.url}/greeter/sleep`, { method: 'POST', headers, body });
  await until(() => seen.asleep > asleep);
  const closing = world.gateway.close();
  const ready = await fetch(`${world.url}/ready`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ status: 'draining' });
  const last = await fetch(`${world.url}/greet/Ann`);
  expect([last.status, last.headers.get('connection')]).toEqual([200, 'close']);
  const streamed = endless.text().catch(() => 'cut');
  expect((await slow).status).toBe(200);
  await closing;
  await streamed;
  await expect(fetch(`${world.url}/health`)).rejects.toThrow();
  await world.close();
}, 30_000);

describe('options of the gateway', () => {
  it('refuses what makes no sense, by its name', async () => {
    await expect(createGateway({ bodyLimit: -1 })).rejects.toThrow(/toolkit\.api\.bodyLimit/);
    await expect(createGateway({ adress: 'x' } as object)).rejects.toThrow(/toolkit\.api\.adress/);
    await expect(createGateway({ address: 'a b' })).rejects.toThrow(/toolkit\.api\.address/);
    await expect(createGateway({ trustedProxies: ['10.0.0.0/99'] })).rejects.toThrow(
      /toolkit\.api\.trustedProxies/,
    );
    const mounts = [{ path: '/a' }, { path: '/a' }];
    await expect(createGateway({ mounts })).rejects.toThrow(/toolkit\.api\.mounts.*once/);
    await expect(createGateway({ cert: '/nowhere' })).rejects.toThrow(/toolkit\.api\.key/);
  });

  it.each([
    [{ cors: ['https://shop.example/'] }, /api\.cors\.0.*should be like https:\/\/shop\.example/],
    [{ cors: ['*', 'shop.example'] }, /api\.cors\.1.*should be like https:\/\/shop\.example/],
    [{ hosts: ['box.example:8081'] }, /api\.hosts\.0.*should be a name like shop\.example/],
    [{ hosts: ['https://box.example'] }, /api\.hosts\.0.*should be a name like shop\.example/],
    [{ headerLimit: 1 }, /api\.headerLimit.*1024/],
  ])('refuses %j, with which it would refuse everybody', async (options, problem) => {
    await expect(createGateway({ address: '127.0.0.1:0', ...options })).rejects.toThrow(problem);
  });

  it('says that a port is taken', async () => {
    const world = await openWorld();
    const { address } = world.gateway;
    await expect(openWorld({ address })).rejects.toThrow(/toolkit\.api\.address.*is taken/);
    await world.close();
  });

  it('lets pages of listed origins call, and answers their question before anything else', async () => {
    const origin = 'https://shop.example';
    const world = await openWorld({ cors: ['https://Shop.example'], rateLimit: 1 });
    const preflight = await fetch(`${world.url}/greet/Ann`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'PUT' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
    const response = await fetch(`${world.url}/greet/Ann`, { headers: { origin } });
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
    expect(response.headers.get('vary')).toContain('Origin');
    const other = await fetch(`${world.url}/greet/Ann`, {
      headers: { origin: 'https://e.example' },
    });
    expect(other.status).toBe(403);
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    await world.close();
    const open = await openWorld({ cors: ['*'] });
    const anyone = await fetch(`${open.url}/greet/Ann`, { headers: { origin } });
    expect(anyone.headers.get('access-control-allow-origin')).toBe('*');
    expect(anyone.headers.get('access-control-allow-credentials')).toBeNull();
    await open.close();
  });

  it('answers 429 with Retry-After to who asks too much', async () => {
    const world = await openWorld({
      rateLimit: 3,
      rateWindow: 60_000,
      trustedProxies: ['127.0.0.1'],
    });
    const ask = (from: string) =>
      fetch(`${world.url}/greet/Ann`, { headers: { 'x-forwarded-for': from } });
    for (let at = 0; at < 3; at++) expect((await ask('10.0.0.1')).status).toBe(200);
    const refused = await ask('10.0.0.1');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: 'resource_exhausted' });
    expect((await ask('10.0.0.2')).status).toBe(200);
    expect((await fetch(`${world.url}/health`)).status).toBe(200);
    await world.close();
  });

  it('puts handlers below paths, each with its namespace', async () => {
    const world = await openWorld({
      mounts: [{ path: '/events', handler: 'event', namespace: 'go.micro.evt' }],
    });
    const got: unknown[] = [];
    await world.app.subscribe('go.micro.evt.user', async (event) => void got.push(event));
    const response = await fetch(`${world.url}/events/user/login`, {
      method: 'POST',
      body: '{"id":7}',
      headers: json,
    });
    expect([response.status, await response.text()]).toEqual([200, '']);
    await until(() => got.length === 1);
    expect(got[0]).toMatchObject({ name: 'login', data: '{"id":7}' });
    expect((got[0] as { id: string }).id).toMatch(/^go\.micro\.evt\.user-login-/);
    expect((await fetch(`${world.url}/events/a..b%2fc/x`, { method: 'POST' })).status).toBe(400);
    await world.close();
  });

  it('reaches nothing outside of its namespace, by whatever route', async () => {
    @Service('internal.billing')
    class Billing {
      @Handler({ http: 'GET /billing' })
      async show(): Promise<{ total: number }> {
        return { total: 7 };
      }
    }
    const world = await openWorld({ namespace: 'public' }, [Greeter, Billing]);
    for (const path of ['/billing', '/greeter/hello', '/internal.billing/show'])
      expect((await fetch(`${world.url}${path}`)).status).toBe(404);
    await world.close();
  });

  it('gives services that want it the whole HTTP request', async () => {
    @Service('page')
    class Page {
      @Handler({ name: 'Show' })
      async show(request: Record<string, unknown>): Promise<object> {
        const header = { 'Set-Cookie': { key: 'Set-Cookie', values: ['a=1', 'b=2'] } };
        return { statusCode: 418, header, body: JSON.stringify(request) };
      }
    }
    const world = await openWorld({ handler: 'api' }, [Page]);
    const response = await fetch(`${world.url}/page/show?a=1&a=2&__proto__=x`, {
      method: 'POST',
      body: 'b=3&c=%20',
      headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: 'd=4' },
    });
    expect(response.status).toBe(418);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await response.json()).toMatchObject({
      ...{ method: 'POST', path: '/page/show', url: '/page/show?a=1&a=2&__proto__=x', body: '' },
      get: { a: { key: 'a', values: ['1', '2'] } },
      post: { b: { key: 'b', values: ['3'] }, c: { values: [' '] } },
      header: { Cookie: { key: 'Cookie', values: ['d=4'] } },
    });
    const binary = await fetch(`${world.url}/page/show`, {
      method: 'POST',
      body: Buffer.from([255, 0, 1]),
      headers: { 'content-type': 'image/png' },
    });
    expect(await binary.json()).toMatchObject({ body: '', bytes: '/wAB' });
    await world.close();
  });
});
