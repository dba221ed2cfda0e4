import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificates as pem } from '@micro-ts/testing/servers';
import { ConfigError, ConsoleLogger } from 'micro-ts';
import * as v from 'valibot';
import { talk } from './acme-http.ts';
import type { AcmeProblem } from './acme-problem.ts';
import { renewAt } from './certificate.ts';
import { CertificateStore } from './certificate-store.ts';
import { acmeOptions, openCertificates } from './index.ts';
import type { AcmeInput } from './index.ts';
import { issue } from './issue.ts';

const folder = mkdtempSync(join(tmpdir(), 'acme-'));
afterAll(() => rmSync(folder, { recursive: true }));

const base = { hosts: ['a.test'], folder, agree: true, address: '127.0.0.1:0' };
const silent = new ConsoleLogger('silent');

describe('options of certificates', () => {
  it.each([
    '127.0.0.1',
    '*.a.test',
    'localhost',
    'a.test:443',
    '../a.test',
    'a..test',
    '-a.test',
    '',
  ])('take no host %j', (host) => {
    expect(v.safeParse(acmeOptions, { ...base, hosts: [host] }).success).toBe(false);
  });

  it.each(['http://a.test/dir', 'a.test', 'ftp://a.test', ''])('take no server %j', (directory) => {
    expect(v.safeParse(acmeOptions, { ...base, directory }).success).toBe(false);
  });

  it.each<[string, Partial<AcmeInput>, RegExp]>([
    ['no agreement', { agree: false }, /acme\.agree: is not set.*acme-v02/],
    ['no authority', { ca: '/no/such' }, /acme\.ca: \/no\/such cannot be read: ENOENT/],
    ['a key as an authority', { ca: pem.serverKey }, /acme\.ca: holds no certificate/],
    ['a folder that cannot be', { folder: '/dev/null/x' }, /acme\.folder: .* cannot be written/],
    ['an address of others', { address: '192.0.2.1:80' }, /acme\.address: .* EADDRNOTAVAIL/],
  ])('stop the start with %s', async (_what, more, message) => {
    const options = v.parse(acmeOptions, { ...base, ...more });
    const start = openCertificates(options, silent);
    await expect(start).rejects.toThrow(ConfigError);
    await expect(start).rejects.toThrow(message);
  });
});

describe('a certificate', () => {
  it('is renewed after two thirds of its life, not by all at once', () => {
    const day = 86_400_000;
    const of90 = { from: 0, until: 90 * day } as Parameters<typeof renewAt>[0];
    expect(renewAt(of90, 0.5)).toBe(60 * day);
    expect([renewAt(of90, 0), renewAt(of90, 1)].map((at) => at / day)).toEqual([58.2, 61.8]);
  });
});

describe('the lock of a host', () => {
  const store = new CertificateStore(folder, 'https://a.test/dir');

  it('is for one at a time', async () => {
    const taken = await Promise.all(Array.from({ length: 8 }, () => store.lock('a.test')));
    const held = taken.filter((unlock) => unlock !== undefined);
    expect(held).toHaveLength(1);
    await held[0]?.();
    const again = await store.lock('a.test');
    expect(again).toBeDefined();
    await again?.();
  });

  it('of somebody who died is not kept for ever', async () => {
    const file = join(store.folder, 'b.test.lock');
    writeFileSync(file, '1');
    expect(await store.lock('b.test')).toBeUndefined();
    const old = new Date(Date.now() - 60_000);
    utimesSync(file, old, old);
    const unlock = await store.lock('b.test');
    expect(unlock).toBeDefined();
    await unlock?.();
  });

  it('is in a folder from which old leftovers are removed, and no others', async () => {
    const old = new Date(Date.now() - 7_200_000);
    await store.writeAnswer('old-token', 'x');
    await store.writeAnswer('new-token', 'y');
    const leftover = join(store.folder, 'account.pem.1.new');
    writeFileSync(leftover, 'half');
    await store.writeCertificate('old.test', 'kept');
    for (const name of ['challenges/old-token', 'account.pem.1.new', 'old.test.pem'])
      utimesSync(join(store.folder, name), old, old);
    await store.open();
    expect(existsSync(leftover)).toBe(false);
    expect(await store.readAnswer('old-token')).toBeUndefined();
    expect(await store.readAnswer('new-token')).toBe('y');
    expect(await store.readCertificate('old.test')).toBe('kept');
  });

  it('gives one key of an account to all', async () => {
    let made = 0;
    const keys = await Promise.all(
      Array.from({ length: 8 }, () => store.accountKey(async () => `key ${++made}`)),
    );
    expect(new Set(keys).size).toBe(1);
  });
});

describe('an ACME server', () => {
  const answering = async (
    status: number,
    headers: Record<string, string>,
    body: string,
  ): Promise<AcmeProblem> => {
    let asked = 0;
    const server = createServer({ cert: pem.serverCert, key: pem.serverKey }, (_req, response) => {
      asked++;
      response.writeHead(status, headers).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const directory = `https://localhost:${(server.address() as AddressInfo).port}/dir`;
    const options = v.parse(acmeOptions, { ...base, directory });
    const store = new CertificateStore(folder, directory);
    const { signal } = new AbortController();
    try {
      await issue('a.test', { options, store, signal, ca: pem.authority });
      throw new Error('it issued something');
    } catch (error) {
      expect(asked).toBe(1);
      return error as AcmeProblem;
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  };
  const json = { 'content-type': 'application/problem+json' };

  it('that asks to be left alone is left alone, for as long as it says', async () => {
    const body = '{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many"}';
    const problem = await answering(429, { ...json, 'retry-after': '7200' }, body);
    expect(problem).toMatchObject({ type: 'rateLimited', retryAfter: 7_200_000, isPassing: false });
    expect(problem.message).toMatch(/^too many\. Nothing is asked before that/);
    const soon = new Date(Date.now() + 60_000).toUTCString();
    const { retryAfter } = await answering(429, { ...json, 'retry-after': soon }, body);
    expect(retryAfter / 1_000).toBeCloseTo(60, -1);
  });

  it('that fails may work in a moment', async () => {
    expect(await answering(503, {}, 'busy')).toMatchObject({
      ...{ name: 'AcmeProblem', type: 'serverInternal', isPassing: true },
    });
  });

  it.each([
    ['no JSON', '<html>'],
    ['another JSON', '{"x":1}'],
    ['a list', '[]'],
    ['an endless answer', 'x'.repeat(2_000_000)],
  ])('that says %s is told so', async (_what, body) => {
    const problem = await answering(200, { 'content-type': 'application/json' }, body);
    expect(problem.name).toBe('AcmeProblem');
    expect(problem.message.length).toBeLessThan(400);
  });

  it('cannot write lines of its own into the log', async () => {
    const { message } = await answering(400, json, JSON.stringify({ detail: 'a\nINFO fake' }));
    expect(message).toBe('a INFO fake');
  });

  it('is left when the gateway closes', async () => {
    const left = new AbortController();
    const talking = talk({ ca: undefined, signal: left.signal }, async () => {
      const { Client } = await import('acme-client');
      left.abort(new Error('closing'));
      const client = new Client({ directoryUrl: 'https://192.0.2.1/', accountKey: pem.serverKey });
      return client.getTermsOfServiceUrl();
    });
    await expect(talking).rejects.toThrow('closing');
  });
});
