import crypto, { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from 'micro-ts';
import * as v from 'valibot';
import { openGateway } from './gateway.test.fixture.ts';
import { accessOptions, createAccess } from './index.ts';
import type { AccessInput } from './index.ts';

const secret = (): string => randomBytes(24).toString('base64url');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const [plain, hashed, ofEnv, ofFile, inFile] = [secret(), secret(), secret(), secret(), secret()];
const folder = mkdtempSync(join(tmpdir(), 'access-'));
const inFolder = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

let gateway: Awaited<ReturnType<typeof openGateway>>;
beforeAll(async () => {
  process.env['MICRO_TEST_KEY'] = ofEnv;
  gateway = await openGateway({
    keys: [
      { name: 'plain', key: plain, scopes: ['read'] },
      { name: 'hashed', key: { sha256: sha256(hashed) }, scopes: ['read', 'write'] },
      { name: 'of env', key: { env: 'MICRO_TEST_KEY' }, allow: ['orders/Orders.*', 'greeter'] },
      { name: 'of file', key: { file: inFolder('key', `${ofFile}\n`) } },
    ],
    keysFile: inFolder('keys.json', JSON.stringify([{ name: 'in file', key: inFile }])),
    scopes: { read: ['greeter/Greeter.Hello'], write: ['greeter/*', 'topic:user.*'] },
    open: ['/health', '/docs/*'],
  });
});
afterAll(async () => {
  delete process.env['MICRO_TEST_KEY'];
  rmSync(folder, { recursive: true });
  await gateway.close();
});

const userOf = (text: string): unknown => (JSON.parse(text) as Record<string, unknown>)['x-user'];

describe('API keys', () => {
  it.each([
    ['plain', plain],
    ['hashed', hashed],
    ['of env', ofEnv],
    ['of file', ofFile],
    ['in file', inFile],
  ])('let %s in, by either header, and tell services who it is', async (name, key) => {
    const byKey = await gateway.get('/', { 'x-api-key': key });
    expect([byKey.status, userOf(byKey.text)]).toEqual([200, name]);
    const byBearer = await gateway.get('/', { authorization: `bearer ${key}` });
    expect([byBearer.status, userOf(byBearer.text)]).toEqual([200, name]);
    expect(byKey.text + byBearer.text).not.toContain(key);
  });

  it('leave an Authorization alone that is for the service', async () => {
    const both = { 'x-api-key': plain, authorization: 'Basic YTpi' };
    expect((await gateway.get('/', both)).text).toContain('Basic YTpi');
  });

  it('refuse who has none, as a problem that says what is asked for', async () => {
    const { status, headers, text } = await gateway.get('/');
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer realm="micro"');
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(text)).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  it.each([
    ['another', secret()],
    ['a longer one', `${plain}x`],
    ['a shorter one', plain.slice(0, -1)],
    ['the hash of one', sha256(plain)],
    ['an empty one', ''],
    ['two at once', `${plain}, ${hashed}`],
    ['a huge one', 'k'.repeat(10_000)],
    ['one that looks like a token', 'a.b.c'],
  ])('refuse %s', async (_what, key) => {
    const { status, headers, text } = await gateway.get('/', { 'x-api-key': key });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
    if (key !== '') expect(text + headers.get('www-authenticate')).not.toContain(key);
  });

  it('refuse a wrong key even beside a good token', async () => {
    const both = { 'x-api-key': 'wrong', authorization: `Bearer ${plain}` };
    expect((await gateway.get('/', both)).status).toBe(401);
  });

  it.each([`Basic ${plain}`, `Bearer${plain}`, `Bearer ${plain} ${plain}`, 'Bearer', plain])(
    'refuse %#: an Authorization of another form',
    async (authorization) => {
      expect((await gateway.get('/', { authorization })).status).toBe(401);
    },
  );

  it('compare with every key, in constant time, whichever it is', async () => {
    const compare = jest.spyOn(crypto, 'timingSafeEqual');
    const counts: number[] = [];
    for (const key of [plain, inFile, secret()]) {
      compare.mockClear();
      await gateway.get('/', { 'x-api-key': key });
      counts.push(compare.mock.calls.length);
    }
    compare.mockRestore();
    expect(counts).toEqual([5, 5, 5]);
  });
});

describe('what a key may call', () => {
  it.each([
    ['plain', plain, 'greeter/Greeter.Hello', 200],
    ['plain', plain, 'greeter/Greeter.Bye', 403],
    ['hashed', hashed, 'greeter/Greeter.Bye', 200],
    ['hashed', hashed, 'greeterx/Greeter.Hello', 403],
    ['of env', ofEnv, 'orders/Orders.List', 200],
    ['of env', ofEnv, 'orders/OrdersX', 403],
    ['of env', ofEnv, 'greeter/Greeter.Bye', 200],
    ['of file', ofFile, 'greeter/Greeter.Hello', 403],
  ])('%s (%#)', async (_name, key, path, status) => {
    const seen = await gateway.get(`/call/${path}`, { 'x-api-key': key });
    const expected = status === 403 ? /permission_denied/ : /x-user/;
    expect([seen.status, seen.text]).toEqual([status, expect.stringMatching(expected)]);
  });
});

describe('what only the gateway may say', () => {
  it('is not believed of anybody else', async () => {
    const forged = { 'X-User': 'root', x_user: 'root', 'X-Scopes': 'all', 'x-issuer': 'me' };
    const known = await gateway.get('/', { ...forged, 'x-api-key': plain });
    expect(JSON.parse(known.text)).toMatchObject({ 'x-user': 'plain', 'x-scopes': 'read' });
    expect(known.text).not.toMatch(/root|all|x-issuer/);
    expect((await gateway.get('/health', forged)).text).not.toMatch(/root|all|x-issuer/);
  });
});

describe('open paths', () => {
  it.each(['/health', '/health?verbose=1', '/docs/', '/docs/swagger-ui.css'])(
    '%s',
    async (path) => {
      expect((await gateway.get(path)).status).toBe(200);
    },
  );

  it.each([
    '//health',
    '/health/',
    '/healthx',
    '/Health',
    '/docs',
    '/docs/%2e%2e/call',
    '/docs/..%2fcall',
    '/docs//call',
    '/docs/..;/call',
    '/docs/\\..\\call',
    '/health/../call',
    '/docs/../call/a/b',
  ])('do not include %s', async (path) => {
    // fetch would tidy it up.
    const { port } = new URL(gateway.url);
    const status = await new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject).end();
    });
    expect(status).toBe(401);
  });

  it('are for reading', async () => {
    expect((await gateway.get('/health', {}, 'POST')).status).toBe(401);
  });

  it("include a browser's question before a request, and no other OPTIONS", async () => {
    const origin = { origin: 'https://a.example' };
    const preflight = { ...origin, 'access-control-request-method': 'POST' };
    expect((await gateway.get('/call/a/b', preflight, 'OPTIONS')).status).toBe(200);
    expect((await gateway.get('/call/a/b', origin, 'OPTIONS')).status).toBe(401);
  });
});

describe('keys that cannot work stop the start', () => {
  const one = { name: 'a', key: plain };
  it.each<[string, AccessInput, RegExp]>([
    ['none at all', {}, /api\.access: lets nobody in/],
    ['short ones', { keys: [{ name: 'a', key: 'short' }] }, /access\.keys\.0\.key: has 5 char/],
    ['no variable', { keys: [{ name: 'a', key: { env: 'NO_SUCH' } }] }, /variable NO_SUCH/],
    ['no file', { keys: [{ name: 'a', key: { file: '/no/such' } }] }, /\/no\/such.*ENOENT/],
    ['one key twice', { keys: [one, { name: 'b', key: plain }] }, /b has the key of another/],
    ['one name twice', { keys: [one, { name: 'a', key: hashed }] }, /two of a/],
    ['no JSON', { keysFile: inFolder('bad.json', `${plain}`) }, /bad\.json is no JSON/],
    ['wrong JSON', { keysFile: inFolder('odd.json', `[{"name":"${plain}"}]`) }, /0\.key is not/],
  ])('%s', (_what, options, message) => {
    let caught: unknown;
    try {
      createAccess(v.parse(accessOptions, options));
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ConfigError);
    expect(String(caught)).toMatch(message);
    expect(String(caught)).not.toContain(plain);
  });

  it('as do patterns that match nothing', () => {
    const keys = [{ name: 'a', key: plain, allow: ['a/b/c'] }];
    expect(v.safeParse(accessOptions, { keys }).success).toBe(false);
  });
});
