import { createHmac, createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose';
import { ConfigError } from 'micro-ts';
import * as v from 'valibot';
import { openGateway } from './gateway.test.fixture.ts';
import type { Seen } from './gateway.test.fixture.ts';
import { accessOptions, createAccess } from './index.ts';
import type { AccessInput } from './index.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const secret = randomBytes(32).toString('base64');
const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const now = (): number => Math.floor(Date.now() / 1_000);

const trusted = { issuer: 'https://issuer.test', audience: 'gateway' };
const claims = { iss: trusted.issuer, aud: trusted.audience, sub: 'ann', exp: now() + 600 };

const sign = (
  payload: Record<string, unknown>,
  key: KeyObject | Uint8Array = rsa.privateKey,
  header: { alg: string; [name: string]: unknown } = { alg: 'RS256', kid: 'rsa' },
): Promise<string> => new SignJWT(payload).setProtectedHeader(header).sign(key);

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');

type Gateway = Awaited<ReturnType<typeof openGateway>>;
const opened: Gateway[] = [];
const open = async (jwt: NonNullable<AccessInput['jwt']>, more: AccessInput = {}) => {
  const gateway = await openGateway({ ...more, jwt });
  opened.push(gateway);
  return gateway;
};
afterAll(() => Promise.all(opened.map((each) => each.close())));

let gateway: Gateway;
beforeAll(async () => {
  const keys = JSON.stringify({
    keys: [
      { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256' },
      { ...(await exportJWK(ec.publicKey)), kid: 'ec' },
      { ...(await exportJWK(ed.publicKey)), kid: 'ed' },
      // A mistake of whoever made the set; no token is to be checked by it.
      { kty: 'oct', k: Buffer.from(secret).toString('base64url'), kid: 'oct' },
    ],
  });
  const scopes = { 'greeter:read': ['greeter/Greeter.Hello'] };
  gateway = await open(
    { ...trusted, keys, claims: { tenant: 'x-tenant', plan: 'x-plan' }, clockTolerance: 2_000 },
    { scopes },
  );
});

const show = (token: string, path = '/', at = gateway): Promise<Seen> =>
  at.get(path, { authorization: `Bearer ${token}` });
const detailOf = ({ text }: Seen): unknown =>
  (JSON.parse(text) as Record<string, unknown>)['detail'];

describe('tokens', () => {
  it.each([
    ['RS256', 'rsa', rsa.privateKey],
    ['ES256', 'ec', ec.privateKey],
    ['EdDSA', 'ed', ed.privateKey],
  ])('signed by %s are believed', async (alg, kid, key) => {
    const { status, text } = await show(await sign(claims, key, { alg, kid }));
    expect(status).toBe(200);
    const user = { 'x-user': 'ann', 'x-auth': 'jwt', 'x-issuer': trusted.issuer };
    expect(JSON.parse(text)).toMatchObject(user);
    expect(text).not.toContain('authorization');
  });

  it('tell what services are to know, and nothing that breaks out of a header', async () => {
    const own = { sub: 'Zoë 50%', tenant: 7, plan: { a: [1] }, scope: 'greeter:read x' };
    const { text } = await show(await sign({ ...claims, ...own }));
    expect(JSON.parse(text)).toMatchObject({
      'x-user': 'Zo%C3%AB 50%25',
      'x-tenant': '7',
      'x-plan': '{"a":[1]}',
      'x-scopes': 'greeter:read x',
    });
    for (const sub of ['a\r\nx-admin: 1', 'a\0', 'u'.repeat(2_000), ''])
      expect((await show(await sign({ ...claims, sub }))).status).toBe(401);
    const forged = { authorization: `Bearer ${await sign(claims)}`, 'x-tenant': 'other' };
    expect((await gateway.get('/', forged)).text).not.toContain('other');
  });

  it('allow what their scopes do', async () => {
    const [reader, writer] = [{ scp: ['greeter:read'] }, { scope: 'greeter:write' }];
    const of = async (more: object) => sign({ ...claims, ...more });
    expect((await show(await of(reader), '/call/greeter/Greeter.Hello')).status).toBe(200);
    expect((await show(await of(writer), '/call/greeter/Greeter.Hello')).status).toBe(403);
    expect((await show(await of({}), '/call/greeter/Greeter.Hello')).status).toBe(403);
  });

  it('are given to services where that is wanted', async () => {
    const forwarding = await open({ ...trusted, keys: pem, forward: true });
    const token = await sign(claims);
    expect((await show(token, '/', forwarding)).text).toContain(token);
  });

  it('of a shared secret are believed where there is one', async () => {
    const at = await open({ ...trusted, secret });
    const key = new TextEncoder().encode(secret);
    expect((await show(await sign(claims, key, { alg: 'HS256' }), '/', at)).status).toBe(200);
    const wrong = new TextEncoder().encode(secret.toUpperCase());
    expect((await show(await sign(claims, wrong, { alg: 'HS256' }), '/', at)).status).toBe(401);
    expect((await show(await sign(claims, key, { alg: 'HS512' }), '/', at)).status).toBe(401);
    expect((await show(await sign(claims), '/', at)).status).toBe(401);
  });

  it('of anybody and for anybody are believed only where that is said', async () => {
    const at = await open({ issuer: '*', audience: '*', keys: pem });
    const { sub, exp } = claims;
    expect((await show(await sign({ sub, exp }), '/', at)).status).toBe(200);
  });
});

describe('attacks with tokens', () => {
  const attacks: readonly (readonly [string, () => Promise<string> | string, RegExp])[] = [
    ['expired', () => sign({ ...claims, exp: now() - 3 }), /expired/],
    ['not valid yet', () => sign({ ...claims, nbf: now() + 30 }), /nbf/],
    ['for somebody else', () => sign({ ...claims, aud: 'other' }), /aud/],
    ['of somebody else', () => sign({ ...claims, iss: 'https://evil.test' }), /iss/],
    ['without an end', () => sign({ ...claims, exp: undefined }), /exp/],
    ['without a user', () => sign({ ...claims, sub: undefined }), /sub/],
    ['whose user is a number', () => sign({ ...claims, sub: 1 as never }), /sub|not valid/],
    ['not signed', () => new UnsecuredJWT(claims).encode(), /not allowed|not valid/],
    [
      'not signed, as alg None',
      () => `${encode({ alg: 'None' })}.${encode(claims)}.`,
      /not allowed|not valid/,
    ],
    [
      'signed by HS256 with the public key as its secret',
      () => {
        const body = `${encode({ alg: 'HS256', kid: 'rsa' })}.${encode(claims)}`;
        return `${body}.${createHmac('sha256', pem).update(body).digest('base64url')}`;
      },
      /not allowed/,
    ],
    [
      'signed by the secret in the set of public keys',
      () => sign(claims, new TextEncoder().encode(secret), { alg: 'HS256', kid: 'oct' }),
      /not allowed/,
    ],
    ['signed by another key', () => sign(claims, other.privateKey), /not valid/],
    [
      'signed by a key that it brings along',
      async () => {
        const jwk = await exportJWK(other.publicKey);
        return sign(claims, other.privateKey, { alg: 'RS256', kid: 'rsa', jwk });
      },
      /not valid/,
    ],
    [
      'naming where its key is',
      () => sign(claims, other.privateKey, { alg: 'RS256', kid: 'mine', jku: 'http://127.0.0.1/' }),
      /not known/,
    ],
    [
      'of a key of another kind',
      () => {
        const body = `${encode({ alg: 'ES256', kid: 'rsa' })}.${encode(claims)}`;
        return `${body}.${createSign('sha256').update(body).sign(rsa.privateKey, 'base64url')}`;
      },
      /not known|not valid/,
    ],
    [
      'changed after it was signed',
      async () => {
        const [header, , signature] = (await sign(claims)).split('.');
        return `${header}.${encode({ ...claims, sub: 'root' })}.${signature}`;
      },
      /not valid/,
    ],
    [
      'with extensions that must be understood',
      async () => {
        const header = encode({ alg: 'RS256', kid: 'rsa', crit: ['x'], x: 1 });
        const body = `${header}.${encode(claims)}`;
        return `${body}.${createSign('sha256').update(body).sign(rsa.privateKey, 'base64url')}`;
      },
      /not valid/,
    ],
    ['of no JSON', () => `${Buffer.from('{').toString('base64url')}.e30.AAAA`, /not valid/],
    ['of lists', () => `${encode([])}.${encode([])}.AAAA`, /not valid/],
    ['huge', () => `${encode({ alg: 'RS256' })}.${'A'.repeat(9_000)}.AAAA`, /longer than 8192/],
    ['of dots', () => '..', /not valid/],
    ['encrypted', () => 'a.b.c.d.e', /not known/],
  ];
  it.each(attacks)('%s', async (_what, make, why) => {
    const token = await make();
    const seen = await show(token);
    expect([seen.status, detailOf(seen)]).toEqual([401, expect.stringMatching(why)]);
    expect(seen.headers.get('www-authenticate')).toMatch(/^Bearer realm="micro", error="invalid_/);
    expect(seen.text).not.toContain(token);
  });

  it('are within the tolerance of clocks or not', async () => {
    expect((await show(await sign({ ...claims, exp: now() - 1 }))).status).toBe(200);
  });
});

describe('a check that cannot work stops the start', () => {
  it.each<[string, NonNullable<AccessInput['jwt']>, RegExp]>([
    ['no key', { ...trusted }, /exactly one of/],
    ['two sorts of keys', { ...trusted, secret, keys: pem }, /exactly one of/],
    ['a short secret', { ...trusted, secret: 'short' }, /jwt\.secret: has 5 characters/],
    [
      'a secret that is short for its hash',
      { ...trusted, secret: secret.slice(0, 40), algorithms: ['HS256', 'HS512'] },
      /should have 64/,
    ],
    ['HS256 with public keys', { ...trusted, keys: pem, algorithms: ['HS256'] }, /does not go/],
    ['no signature', { ...trusted, keys: pem, algorithms: ['none'] }, /none does not go/],
    ['RS256 with a secret', { ...trusted, secret, algorithms: ['RS256'] }, /does not go/],
    ['keys that are none', { ...trusted, keys: '{"keys":7}' }, /neither a JWKS nor/],
    ['keys over a line that others reach', { ...trusted, jwksUrl: 'http://a.test/' }, /https/],
  ])('%s', (_what, jwt, message) => {
    const start = () => createAccess(v.parse(accessOptions, { jwt }));
    expect(start).toThrow(ConfigError);
    expect(start).toThrow(message);
  });
});
