import { Handler, Service } from 'micro-ts';
import { openWorld } from './world.test.fixture.ts';
import type { World } from './world.test.fixture.ts';

/** What the service answers next. */
let next: unknown;

@Service('page')
class Page {
  @Handler({ name: 'Show' })
  async show({ method }: { method: string }): Promise<unknown> {
    return next ?? { body: method };
  }
}

let world: World;
beforeAll(async () => (world = await openWorld({ handler: 'api' }, [Page])));
afterAll(() => world.close());
beforeEach(() => (next = undefined));

const show = (init?: RequestInit): Promise<Response> => fetch(`${world.url}/page/show`, init);
const header = (value: unknown): unknown => ({ header: value });

it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('passes %s on', async (method) => {
  const response = await show({ method });
  expect([response.status, await response.text()]).toEqual([200, method]);
});

it('writes headers by the name in the pair, and by its place where it has none', async () => {
  next = header({
    type: { key: 'Content-Type', values: ['text/plain'] },
    'X-Place': { values: ['here'] },
    one: { key: 'X-Many', values: ['1', '2'] },
    two: { key: 'x-many', values: ['3'] },
    cookies: { key: 'Set-Cookie', values: ['a=1', 'b=2'] },
    nothing: null,
    empty: { key: 'X-Empty', values: null },
  });
  const { headers } = await show();
  expect(headers.get('content-type')).toBe('text/plain');
  expect(headers.get('x-place')).toBe('here');
  expect(headers.get('x-many')).toBe('1, 2, 3');
  expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  for (const name of ['type', 'one', 'two', 'cookies', 'x-empty'])
    expect(headers.has(name)).toBe(false);
});

it('frames the answer itself, whatever the service says of it', async () => {
  const names = [
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Trailer',
    'Upgrade',
    '__proto__',
  ];
  const pairs = names.map((key, at) => [String(at), { key, values: ['chunked'] }] as const);
  next = { header: Object.fromEntries(pairs), body: 'whole' };
  const response = await show();
  expect([response.status, await response.text()]).toEqual([200, 'whole']);
  expect(response.headers.has('trailer')).toBe(false);
});

it.each([
  ['no object', 5],
  ['a list', []],
  ['a text', 'x'],
  ['a status that is none', { statusCode: 99 }],
  ['a body that is no text', { body: {} }],
  ['headers that are a number', header(5)],
  ['headers that are a list', header([])],
  ['a header that is a text', header({ a: 'x' })],
  ['values that are no list', header({ a: { values: 5 } })],
  ['a value that is no text', header({ a: { values: [{}] } })],
  ['a key that is no text', header({ a: { key: 5, values: ['x'] } })],
  ['a value with a line break', header({ a: { values: ['x\r\nB: c'] } })],
  ['a name with a space', header({ a: { key: 'bad name', values: ['x'] } })],
  ['a place with a space', header({ 'bad name': { values: ['x'] } })],
])('says that the service answered what is no answer: %s', async (_what, answer) => {
  next = answer;
  const response = await show();
  expect(response.status).toBe(500);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({
    code: 'data_loss',
    detail: expect.stringContaining('the service answered') as string,
  });
});

it('does not take the question of a browser, which shows no key, for a call', async () => {
  const access = { keys: [{ name: 'shop', key: 'a-key-of-more-than-sixteen-characters' }] };
  const closed = await openWorld({ handler: 'api', access }, [Page]);
  const headers = { origin: closed.url, 'access-control-request-method': 'PUT' };
  const response = await fetch(`${closed.url}/page/show`, { method: 'OPTIONS', headers });
  expect(response.status).toBe(401);
  await closed.close();
});

it.each(['api', 'proxy'] as const)('%s leaves questions of browsers to cors', async (handler) => {
  const origin = 'https://shop.example';
  const open = await openWorld({ handler, cors: [origin] }, [Page]);
  const headers = { origin, 'access-control-request-method': 'PUT' };
  const response = await fetch(`${open.url}/page/show`, { method: 'OPTIONS', headers });
  expect([response.status, await response.text()]).toEqual([204, '']);
  await open.close();
});
