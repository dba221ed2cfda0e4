import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { definePlugin } from '@micro-ts/interface';
import memory from '@micro-ts/memory';
import { createApp, Handler, MicroError, Service } from 'micro-ts';
import type { Endpoint } from 'micro-ts';
import { calls } from './index.ts';
import { openWorld, published, seen, until } from './world.test.fixture.ts';
import type { World } from './world.test.fixture.ts';

let world: World;
const warnings: string[] = [];
beforeAll(async () => {
  const warn = (text: string): void => void warnings.push(text);
  world = await openWorld((server, edge) => server.register(calls, { edge }), { warn });
});
afterAll(() => world.close());

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(world.url + path, init);
const post = (path: string, body: string | Buffer, type?: string): Promise<Response> =>
  get(path, { method: 'POST', body, headers: type === undefined ? {} : { 'content-type': type } });
const got = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { got: unknown }).got;

/** Sends bytes as they are; resolves with all that comes back. */
const send = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(world.url).port), '127.0.0.1', () => socket.end(text));
    let all = '';
    socket.on('data', (bytes) => (all += bytes.toString()));
    socket.on('end', () => resolve(all)).on('error', reject);
  });

describe('a request', () => {
  it.each([
    '/greeter/hello',
    '/greeter/Greeter.Hello',
    '/greeter/greeter/HELLO',
    '/v1/greeter/hello',
  ])('calls by the path %s', async (path) => {
    const response = await post(path, '{"name":"Ann"}', 'application/json');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toMatch(/^\d+$/);
    expect(await response.json()).toMatchObject({ message: 'Hello Ann' });
  });

  it('calls by the route of an endpoint', async () => {
    expect(await got(await get('/greet/Ann%20Lee?times=3&name=Bob'))).toEqual({
      name: 'Ann Lee',
      times: 3,
    });
  });

  it('is typed by the schema, nested by dots, a list if it is repeated', async () => {
    expect(await got(await get('/greeter/hello?times=2&name=7&a.b=1&a.c=x&d=1&d=2'))).toEqual({
      ...{ times: 2, name: '7' },
      ...{ a: { b: '1', c: 'x' }, d: ['1', '2'] },
    });
  });

  it.each([
    [Buffer.from('{"name":"Ann"}'), undefined],
    ['{"name":"Ann"}', 'application/x-www-form-urlencoded'],
    ['name=Ann', 'application/x-www-form-urlencoded'],
    [' {"name" : "Ann"} ', 'application/json; charset=utf-8'],
  ])('can have the body %s of type %s', async (body, type) => {
    expect(await got(await post('/greeter/hello', body, type))).toEqual({ name: 'Ann' });
  });

  it('and its answer keep every byte', async () => {
    @Service('exact')
    class Exact {
      @Handler({ request: published({ type: 'object' }) })
      async echo(request: Record<string, unknown>): Promise<Record<string, unknown>> {
        return request;
      }
    }
    const codec = definePlugin({
      name: 'as-text',
      roles: {
        codec: {
          supports: { schema: false },
          create: () => ({
            contentType: 'application/json',
            encode: (value) => Buffer.from((value as { text: string }).text),
            decode: (bytes) => ({ text: Buffer.from(bytes).toString() }),
          }),
        },
      },
    });
    const all = memory({ network: world.network });
    const roles = { registry: all, transport: all, broker: all };
    const app = await createApp({ ...roles, codecs: [codec()], log: 'silent', grace: 0 }, [Exact]);
    await until(() => world.edge.directory.service('exact') !== undefined);
    const body = '{ "n" : 12345678901234567890.10, "e":1E400 }';
    const response = await post('/exact/echo', body, 'application/json');
    expect(await response.text()).toBe(body);
    const more = await post('/exact/echo?x=9007199254740993', body, 'application/json');
    expect(await more.text()).toBe(
      '{"n":12345678901234567890.10,"e":1E400,"x":"9007199254740993"}',
    );
    await app.close();
  });

  it.each([
    ['/nobody/there', 404, 'not_found', 'no service nobody is registered'],
    ['/greeter/there', 404, 'not_found', 'greeter has no endpoint Greeter.There'],
    ['/greeter/secret', 404, 'not_found', 'greeter has no endpoint Greeter.Secret'],
    ['/greeter/Debug.Stats', 404, 'not_found', 'greeter has no endpoint Debug.Stats'],
    ['/', 404, 'not_found', 'the path names no service'],
    ['/greeter%2Fhello', 400, 'invalid_argument', 'encoded slash'],
    ['/greeter/hello?times=many', 400, 'invalid_argument', 'times should be integer'],
    ['/greeter/hello?__proto__.x=1', 400, 'invalid_argument', 'makes no sense'],
    ['/greeter/fail', 500, 'internal', 'internal error'],
    ['/greeter/fail?code=unavailable', 503, 'unavailable', 'as asked'],
    ['/greeter/sum', 501, 'unimplemented', 'call it over a web socket'],
  ])('%s is answered with %d', async (path, status, code, detail) => {
    const response = await get(path);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '1' : null);
    expect(await response.json()).toMatchObject({
      ...{ status, code, instance: path.split('?')[0] },
      detail: expect.stringContaining(detail) as string,
    });
  });

  it.each([
    ['{', 'application/json', 400],
    ['[1]', 'application/json', 400],
    ['{"a":1} x', 'application/json', 400],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'application/json', 400],
    ['x', 'application/nonsense', 415],
    ['x'.repeat(2_000_000), 'application/json', 413],
  ])('with the body %.9s of type %s is answered with %d', async (body, type, status) => {
    expect((await post('/greeter/hello', body, type)).status).toBe(status);
  });

  it.each([
    ['1.2.0', 200],
    ['9.0.0', 404],
  ])('that asks for the version %s is answered with %d', async (version, status) => {
    const headers = { 'micro-version': version };
    for (const path of ['/greeter/hello', '/greet/Ann'])
      expect((await get(path, { headers })).status).toBe(status);
  });

  it('of another method is refused', async () => {
    const response = await get('/greeter/hello', { method: 'DELETE' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD, POST');
  });

  it('of a method that no route of its path has is told those that there are', async () => {
    for (const method of ['POST', 'PUT']) {
      const response = await get('/greet/Ann', { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
  });

  it('that is compressed is refused, and one that says it is not is taken', async () => {
    const send = (encoding: string) =>
      get('/greeter/hello', {
        method: 'POST',
        body: encoding === 'gzip' ? gzipSync('{}') : '{}',
        headers: { 'content-type': 'application/json', 'content-encoding': encoding },
      });
    const refused = await send('gzip');
    expect([refused.status, refused.headers.get('accept-encoding')]).toEqual([415, 'identity']);
    expect((await send('identity')).status).toBe(200);
  });

  it('has a deadline if it says so', async () => {
    const response = await get('/greeter/sleep?ms=60000', { headers: { timeout: '100ms' } });
    expect(response.status).toBe(504);
    expect((await get('/greeter/sleep', { headers: { timeout: '5' } })).status).toBe(400);
  });

  it('cancels the handler when its client is gone', async () => {
    seen.aborted = seen.asleep = 0;
    const controller = new AbortController();
    const gone = get('/greeter/sleep?ms=60000', { signal: controller.signal }).catch(() => 'gone');
    await until(() => seen.asleep === 1);
    controller.abort();
    expect(await gone).toBe('gone');
    await until(() => seen.aborted === 1);
  });

  it.each(['/greeter/../hello', '/greeter/%2e%2e/hello', '/greeter/hello%00', '/greeter\\hello'])(
    'cannot have the path %s',
    async (path) => {
      const answer = await send(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 400/);
    },
  );

  it('cannot smuggle another one', async () => {
    const both = 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n';
    const answer = await send(`POST /greeter/hello HTTP/1.1\r\nHost: x\r\n${both}\r\n0\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 400/);
  });

  it('is not served by a route that another service has, and that is told once', async () => {
    @Service('late')
    class Late {
      @Handler({ http: 'GET /greet/{who}', request: published({ type: 'object' }) })
      async take(): Promise<{ ok: true }> {
        return { ok: true };
      }
    }
    const app = await world.start(new Late());
    await until(() => world.edge.directory.service('late') !== undefined);
    for (let times = 0; times < 2; times++)
      expect(await got(await get('/greet/Ann'))).toEqual({ name: 'Ann' });
    expect(warnings).toEqual([
      'The route GET /greet/{who} of late Late.Take is not served: greeter Greeter.Hello has the same paths',
    ]);
    await app.close();
  });

  it('of a service that lists no endpoints is told so, and comes through when it does', async () => {
    const node = { id: 'hej-1', service: 'hej', version: '1', address: '127.0.0.1:1' };
    const register = (endpoints: readonly Endpoint[]) =>
      world.app.register({ ...node, metadata: {}, endpoints });
    const bare = await register([]);
    await until(() => world.edge.directory.service('hej')?.nodes.length === 1);
    const refused = await post('/hej/hello', '{}', 'application/json');
    expect([refused.status, ((await refused.json()) as { detail: string }).detail]).toEqual([
      404,
      'hej has no endpoint Hej.Hello: it is registered without any',
    ]);
    await bare.close();
    const listed = await register([{ name: 'Hej.Hello', kind: 'unary', metadata: {} }]);
    await until(() => world.edge.directory.service('hej')?.endpoints.size === 1);
    // Nobody listens there, but it is asked.
    expect((await post('/hej/hello', '{}', 'application/json')).status).toBe(503);
    await listed.close();
  });

  it('of a service whose nodes are gone can be tried again', async () => {
    @Service('brief')
    class Brief {
      @Handler({ request: published({ type: 'object' }) })
      async now(): Promise<{ ok: true }> {
        throw new MicroError('not_found', 'never');
      }
    }
    const app = await world.start(new Brief());
    await until(() => world.edge.directory.service('brief')?.nodes.length === 1);
    await app.close();
    await until(() => world.edge.directory.service('brief')?.nodes.length === 0);
    const response = await get('/brief/now');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
  });
});
