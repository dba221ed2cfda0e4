import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import type { RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { certificates } from '@micro-ts/testing/servers';
import { until } from '@micro-ts/testing';
import { openWorld } from './world.test.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'tls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const { authority, serverCert, serverKey, clientCert, clientKey } = certificates;

/** Asks over a connection of its own; the subject of the certificate, and what was answered. */
async function ask(url: string, options: RequestOptions = {}): Promise<[string, string]> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${url}/greet/Ann`, { ca: authority, agent: false, ...options }, resolve).on(
      'error',
      reject,
    );
  });
  const subject = (response.socket as TLSSocket).getPeerCertificate().subject.CN;
  return [String(subject), Buffer.concat(await response.toArray()).toString()];
}

it('serves by TLS, and takes a certificate that was changed without a restart', async () => {
  const cert = file('a.pem', serverCert);
  const key = file('a.key', serverKey);
  const world = await openWorld({ cert, key });
  expect(world.url).toMatch(/^https:/);
  expect(await ask(world.url)).toEqual(['greeter.test', '{"message":"Hello Ann"}']);
  file('a.pem', clientCert); // does not fit the key yet
  process.emit('SIGHUP');
  expect((await ask(world.url))[0]).toBe('greeter.test');
  file('a.key', clientKey);
  process.emit('SIGHUP');
  const [subject] = await ask(world.url, { checkServerIdentity: () => undefined });
  expect(subject).toBe('caller.test');
  await world.close();
  expect(process.listenerCount('SIGHUP')).toBe(0);
}, 20_000);

it('answers over TLS to who asks for another protocol, as if nobody had', async () => {
  const cert = file('u.pem', serverCert);
  const world = await openWorld({ cert, key: file('u.key', serverKey) });
  const client = connect(Number(new URL(world.url).port), '127.0.0.1', { ca: authority });
  const headers = 'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n';
  client.write(`POST /greeter/echo HTTP/1.1\r\n${headers}Content-Type: application/json\r\n\r\n{}`);
  expect((await client.toArray()).join('')).toMatch(/^HTTP\/1.1 200 [^]*\r\n\r\n{}$/);
  await world.close();
});

it('asks clients for a certificate where it is told who signs them', async () => {
  const options = {
    cert: file('b.pem', serverCert),
    key: file('b.key', serverKey),
    clientCa: file('ca.pem', authority),
  };
  const world = await openWorld(options);
  await expect(ask(world.url)).rejects.toThrow();
  const [, answer] = await ask(world.url, { cert: clientCert, key: clientKey });
  expect(answer).toBe('{"message":"Hello Ann"}');
  await world.close();
});

it('refuses files that are not there or do not fit, by their option', async () => {
  const cert = file('c.pem', serverCert);
  const key = file('c.key', clientKey);
  await expect(openWorld({ cert, key })).rejects.toThrow(/toolkit\.api\.cert: is no certificate/);
  const acme = { hosts: ['api.example.com'], folder: join(folder, 'acme') };
  await expect(openWorld({ acme })).rejects.toThrow(/toolkit\.api\.acme\.agree/);
  const pair = { cert, key: file('c.key', serverKey) };
  await expect(openWorld({ ...pair, acme })).rejects.toThrow(/toolkit\.api\.acme/);
  const nowhere = join(folder, 'nowhere');
  await expect(openWorld({ cert, key: nowhere })).rejects.toThrow(/toolkit\.api\.key/);
});

it('asks an authority for certificates, and serves on while there are none', async () => {
  const world = await openWorld({
    acme: {
      hosts: ['api.example.com'],
      agree: true,
      directory: 'https://127.0.0.1:1/directory',
      folder: join(folder, 'acme'),
      address: '127.0.0.1:0',
    },
  });
  await expect(ask(world.url, { servername: 'other.example.com' })).rejects.toThrow();
  await world.close();
});

it('cuts a client of TLS that leaves an answer unread', async () => {
  const cert = file('c.pem', serverCert);
  const key = file('c.key', serverKey);
  const world = await openWorld({ cert, key, unreadTimeout: 1_000 });
  // One answer alone may fit in what the kernel holds for a connection.
  const requests = 'GET /greeter/large?size=4000000 HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(16);
  const port = Number(new URL(world.url).port);
  const client = connect(port, '127.0.0.1', { ca: authority }, () => client.write(requests));
  client.pause().on('error', () => undefined);
  const running = async (): Promise<number> => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { ca: authority, agent: false };
      get(`${world.url}/stats`, options, resolve).on('error', reject);
    });
    const stats: unknown = JSON.parse(Buffer.concat(await response.toArray()).toString());
    return (stats as { requests: { in_flight: number } }).requests.in_flight;
  };
  await until(async () => (await running()) > 1, 30_000);
  await until(async () => (await running()) === 1, 30_000); // that is the one which asks
  client.destroy();
  await world.close();
}, 60_000);
