import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { exportJWK, SignJWT } from 'jose';
import type { AccessInput } from './index.ts';
import { openGateway } from './gateway.test.fixture.ts';

const first = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const second = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let server: Server;
let fetches = 0;
let answer: (response: ServerResponse) => void;
let gateway: Awaited<ReturnType<typeof openGateway>> | undefined;

beforeEach(async () => {
  fetches = 0;
  answer = (response) => void publish(response, { first });
  server = createServer((_request, response) => {
    fetches++;
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await gateway?.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function publish(response: ServerResponse, pairs: Record<string, typeof first>) {
  const keys = await Promise.all(
    Object.entries(pairs).map(async ([kid, pair]) => ({
      ...(await exportJWK(pair.publicKey)),
      kid,
    })),
  );
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
}

async function open(options: Partial<NonNullable<AccessInput['jwt']>> = {}) {
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  gateway = await openGateway({ jwt: { jwksUrl, issuer: 'i', audience: 'a', ...options } });
}

async function ask(kid: string, { privateKey } = first): Promise<number> {
  const token = await new SignJWT({ sub: 'ann' })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setIssuer('i')
    .setAudience('a')
    .setExpirationTime('1m')
    .sign(privateKey);
  const { status } = (await gateway?.get('/', { authorization: `Bearer ${token}` })) ?? {};
  return status ?? 0;
}

describe('keys that are fetched', () => {
  it('are fetched once for many', async () => {
    await open();
    expect(fetches).toBe(0);
    const statuses = await Promise.all(Array.from({ length: 20 }, () => ask('first')));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(fetches).toBe(1);
  });

  it('are fetched again for a new key, but not for each that nobody knows', async () => {
    await open({ coolDown: 1_500 });
    expect(await ask('first')).toBe(200);
    for (let n = 0; n < 5; n++) expect(await ask(`junk-${n}`)).toBe(401);
    expect(fetches).toBe(1);
    answer = (response) => void publish(response, { first, second });
    await sleep(1_550);
    expect(await ask('second', second)).toBe(200);
    expect(fetches).toBe(2);
  });

  it('hold while their server is away, which nobody waits for', async () => {
    await open({ cacheFor: 1, timeout: 300 });
    expect(await ask('first')).toBe(200);
    answer = () => undefined;
    await sleep(5);
    expect(await ask('first')).toBe(200);
    for (let n = 0; n < 5; n++) expect(await ask('first')).toBe(200);
    expect(fetches).toBe(2);
    answer = (response) => void publish(response, { second });
    await sleep(1_050);
    expect(await ask('first')).toBe(401);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['fails', (response) => void response.writeHead(500).end()],
    ['sends us elsewhere', (response) => void response.writeHead(302, { location: '/x' }).end()],
    ['hangs up', (response) => void response.destroy()],
    ['says nothing', () => undefined],
    ['sends no JSON', (response) => void response.end('<html>')],
    ['sends no keys', (response) => void response.end('[]')],
    ['does not end', (response) => void response.end(Buffer.alloc(2_000_000, ' '))],
  ])(
    'that were never there are no reason to let anybody in: a server that %s',
    async (_s, does) => {
      answer = does;
      await open({ timeout: 200 });
      expect(await ask('first')).toBe(503);
    },
  );
});
