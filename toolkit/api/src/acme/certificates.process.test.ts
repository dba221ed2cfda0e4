import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:https';
import { createServer as createTcp } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { Client } from 'acme-client';
import { ConsoleLogger } from 'micro-ts';
import * as v from 'valibot';
import { talk } from './acme-http.ts';
import { acmeOptions, openCertificates } from './index.ts';
import type { AcmeInput, Certificates, HostState, Pace } from './index.ts';
import { describeWithPebble, startDns, startPebble } from './pebble.test.fixture.ts';
import type { Pebble, PebbleOptions } from './pebble.test.fixture.ts';

const quick: Pace = { passing: 200, refused: 200, longest: 2_000, look: 200 };
const known = new Set(['a.test', 'b.test', 'c.test', 'blocked.test']);

let dns: Awaited<ReturnType<typeof startDns>>;
let ports: Pick<PebbleOptions, 'port' | 'managementPort' | 'httpPort'>;
let pebble: Pebble | undefined;
let folder: string;
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  dns = await startDns(known);
});
afterAll(() => dns.close());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'acme-'));
  const [port = 0, managementPort = 0, httpPort = 0] = await freePorts(3);
  ports = { port, managementPort, httpPort };
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
  await pebble?.kill();
  pebble = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createTcp());
  const found = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
        ),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return found;
}

const start = async (more: Partial<PebbleOptions> = {}): Promise<Pebble> =>
  (pebble = await startPebble({ ...ports, dnsPort: dns.port, ...more }));

/** Certificates of one gateway. */
async function openFor(
  hosts: string[],
  more: Partial<AcmeInput> = {},
  pace: Pace = quick,
): Promise<Certificates> {
  const ca = await import('@micro-ts/testing/servers').then((all) => all.certificates.authority);
  const options = v.parse(acmeOptions, {
    ...{ hosts, ca, folder, agree: true, redirectPort: 8443 },
    directory: `https://localhost:${ports.port}/dir`,
    address: `127.0.0.1:${ports.httpPort}`,
    ...more,
  });
  const silent = new ConsoleLogger('silent');
  const made = await openCertificates(options, silent, 'toolkit.api.acme', pace);
  open.push(made);
  return made;
}

async function until(
  certificates: Certificates,
  is: (state: HostState) => unknown,
  patience = 15_000,
): Promise<HostState> {
  for (const latest = performance.now() + patience; ; await sleep(50)) {
    const found = certificates.states().find(is);
    if (found !== undefined) return found;
    if (performance.now() > latest) throw new Error(JSON.stringify(certificates.states()));
  }
}

/** What a client sees who asks for a name and believes Pebble only. */
async function serialOf(
  certificates: Certificates,
  servername: string | undefined,
): Promise<string> {
  const server = createServer({ SNICallback: certificates.SNICallback });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ca = (await pebble?.root()) ?? '';
  try {
    return await new Promise((resolve, reject) => {
      const name = servername ?? '127.0.0.1';
      const socket = connect({
        ...{ port, host: '127.0.0.1', ca },
        ...(servername !== undefined && { servername: name }),
      });
      socket.on('error', reject);
      socket.on('secureConnect', () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
    });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

interface Plain {
  readonly status: number | undefined;
  readonly location: string | undefined;
}

const plain = (port: number, path: string, host: string): Promise<Plain> =>
  new Promise((resolve, reject) => {
    const asked = httpRequest({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
      response.resume();
      resolve({ status: response.statusCode, location: response.headers.location });
    });
    asked.on('error', reject).end();
  });

const filesOf = (): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));

describeWithPebble('certificates by ACME', () => {
  it('are there for the first client of each host, and for nobody else', async () => {
    await start();
    const certificates = await openFor(['a.test', 'B.test'], { email: 'ann@a.test' });
    const [a, b] = await Promise.all(['a.test', 'b.test'].map((n) => serialOf(certificates, n)));
    expect(a).not.toBe(b);
    expect(certificates.states().map(({ serial }) => serial)).toEqual([a, b]);
    await expect(serialOf(certificates, 'c.test')).rejects.toThrow();
    await expect(serialOf(certificates, undefined)).rejects.toThrow();
  });

  it('are kept in files that only their owner reads, and nothing else is left', async () => {
    await start();
    const certificates = await openFor(['a.test']);
    await until(certificates, ({ serial }) => serial);
    await certificates.close();
    const files = filesOf();
    expect(files.map((file) => file.slice(file.lastIndexOf('/') + 1)).sort()).toEqual([
      'a.test.pem',
      'account.pem',
    ]);
    for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('are sent to by plain HTTP, from the names it knows', async () => {
    await start();
    const { port } = await openFor(['a.test']);
    expect(await plain(port, '/x?y=1', 'A.test:80')).toEqual({
      ...{ status: 308, location: 'https://a.test:8443/x?y=1' },
    });
    for (const host of ['evil.test', '', 'a.test.evil.test', 'a.test@evil.test'])
      expect(await plain(port, '/', host)).toEqual({ status: 404, location: undefined });
    for (const path of ['/.well-known/acme-challenge/none', '//evil.test/'])
      expect((await plain(port, path, 'a.test')).location ?? 'https://a.test').toMatch(
        /^https:..a.test/,
      );
    const up = '/.well-known/acme-challenge/../account.pem';
    expect((await plain(port, up, 'evil.test')).status).toBe(404);
  });

  it('stay over a restart, without asking anybody', async () => {
    await start();
    const first = await openFor(['a.test']);
    const { serial } = await until(first, (state) => state.serial);
    await first.close();
    await pebble?.kill();
    const second = await openFor(['a.test']);
    expect((await until(second, (state) => state.serial)).serial).toBe(serial);
    expect(filesOf()).toHaveLength(2);
  });

  it('are renewed after two thirds of their life, while clients go on', async () => {
    await start({ validity: 9 });
    const certificates = await openFor(['a.test']);
    const first = await serialOf(certificates, 'a.test');
    const began = Date.now();
    await until(certificates, ({ serial }) => serial !== first);
    expect(Date.now() - began).toBeGreaterThan(3_000);
    expect(Date.now() - began).toBeLessThan(9_000);
    expect(await serialOf(certificates, 'a.test')).not.toBe(first);
  });

  it('are shared by gateways with one folder: one asks, each answers the authority', async () => {
    await start();
    // The one that asks cannot be reached by the authority; the other one is where it looks.
    const [elsewhere = 0] = await freePorts(1);
    const asking = await openFor(['a.test'], { address: `127.0.0.1:${elsewhere}` });
    const answering = await openFor(['a.test']);
    const states = await Promise.all(
      [asking, answering].map((each) => until(each, ({ serial }) => serial)),
    );
    expect(new Set(states.map(({ serial }) => serial)).size).toBe(1);
    expect(filesOf()).toHaveLength(2);
  });

  it('come when the server does, which was away', async () => {
    const certificates = await openFor(['a.test']);
    const { problem } = await until(certificates, (state) => state.problem);
    expect(problem).toMatch(/^localhost:\d+ cannot be reached: ECONNREFUSED\. See whether/);
    await start();
    await until(certificates, ({ serial, problem: left }) => serial && left === undefined);
    expect(filesOf().some((file) => file.endsWith('failures.json'))).toBe(false);
  });

  it.each([
    ['that lead nowhere', 'nowhere.test', /could not resolve.*Have the DNS name lead/s],
    ['that the authority refuses', 'blocked.test', /blocked\.test.*take it out of acme\.hosts/s],
  ])('are not to be had for names %s, which does no harm to others', async (_w, host, why) => {
    await start();
    const certificates = await openFor(['a.test', host]);
    const { problem } = await until(certificates, (state) => state.problem);
    expect(problem).toMatch(why);
    expect(await serialOf(certificates, 'a.test')).toBeTruthy();
    await expect(serialOf(certificates, host)).rejects.toThrow();
  });

  it('are not asked for again before it is time, also after a restart', async () => {
    await start();
    const slow = { ...quick, refused: 3_600_000, longest: 3_600_000 };
    const first = await openFor(['nowhere.test'], {}, slow);
    await until(first, ({ problem }) => problem);
    await first.close();
    known.add('nowhere.test');
    const second = await openFor(['nowhere.test'], {}, slow);
    await until(second, ({ problem }) => problem);
    await sleep(1_500);
    expect(second.states()[0]?.serial).toBeUndefined();
    await second.close();
    rmSync(filesOf().find((file) => file.endsWith('failures.json')) ?? '');
    await until(await openFor(['nowhere.test'], {}, slow), ({ serial }) => serial);
    known.delete('nowhere.test');
  });

  it('say what to do where the account was deactivated, and come with a new one', async () => {
    const { directory, ca } = await start();
    await until(await openFor(['a.test']), ({ serial }) => serial);
    await open.pop()?.close();
    const file = filesOf().find((each) => each.endsWith('account.pem')) ?? '';
    await talk({ ca, signal: AbortSignal.timeout(5_000) }, async () => {
      const client = new Client({ directoryUrl: directory, accountKey: readFileSync(file) });
      await client.createAccount({ termsOfServiceAgreed: true, contact: ['mailto:b@a.test'] });
      await client.updateAccount({ status: 'deactivated' });
    });
    const certificates = await openFor(['a.test', 'b.test']);
    expect(certificates.states()[0]).toMatchObject({ problem: undefined });
    const { problem } = await until(certificates, (state) => state.problem);
    expect(problem).toContain(`the account of ${file} is refused`);
    expect(problem).toContain('remove that file');
    rmSync(file);
    await until(certificates, ({ host, serial }) => host === 'b.test' && serial);
  });

  it('need an external account where the authority says so', async () => {
    await start({ bindingRequired: true });
    const { problem } = await until(await openFor(['a.test']), (state) => state.problem);
    expect(problem).toMatch(/acme\.binding/);
  });

  it('are not asked for on a server that somebody else vouches for', async () => {
    await start();
    const {
      certificates: { otherAuthority },
    } = await import('@micro-ts/testing/servers');
    const certificates = await openFor(['a.test'], { ca: otherAuthority });
    expect((await until(certificates, (s) => s.problem)).problem).toMatch(/cannot be reached/);
  });

  it('that are broken on the disk are replaced', async () => {
    await start();
    await (await openFor(['a.test'])).close();
    const home = join(folder, readdirSync(folder)[0] ?? '');
    writeFileSync(join(home, 'a.test.pem'), 'half a f');
    await until(await openFor(['a.test']), ({ serial }) => serial);
  });

  it('are not asked for by a gateway that died on the way, before it is time', async () => {
    await start();
    const slow = { ...quick, passing: 3_600_000, longest: 3_600_000 };
    const left = mkdtempSync(join(tmpdir(), 'acme-left-'));
    const first = await openFor(['a.test'], {}, slow);
    await until(first, () => filesOf().some((file) => file.endsWith('failures.json')));
    // What a dead process leaves, the lock aside.
    cpSync(folder, left, { recursive: true, filter: (path) => !/lock|new|challenges/.test(path) });
    const second = await openFor(['a.test'], { folder: left, address: '127.0.0.1:0' }, slow);
    const { problem } = await until(second, (state) => state.problem);
    expect(problem).toBe('the gateway ended on the way');
    await second.close();
    rmSync(left, { recursive: true });
  });

  it('close at once, also amid an order', async () => {
    await start();
    const certificates = await openFor(['a.test', 'b.test', 'nowhere.test']);
    await sleep(100);
    const began = performance.now();
    await Promise.all([certificates.close(), certificates.close()]);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(filesOf().filter((file) => /lock|challenges|new/.test(file))).toEqual([]);
  });
});
