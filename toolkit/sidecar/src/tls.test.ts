import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificates } from '@micro-ts/testing/servers';
import { WebSocket } from 'ws';
import { Greeter, openApp, openSidecar, until, world } from './world.test.fixture.ts';

const { authority: ca, serverCert, serverKey, clientCert, clientKey } = certificates;
const folder = mkdtempSync(join(tmpdir(), 'sidecar-tls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const cert = file('cert.pem', serverCert);
const key = file('key.pem', serverKey);

/** Calls the greeter over a connection of its own. */
async function hello(url: string, options: RequestOptions): Promise<[number, unknown]> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const all = { ca, agent: false, method: 'POST', ...options };
    request(`${url}/greeter/hello`, all, resolve).on('error', reject).end('{"name":"Ann"}');
  });
  const text = Buffer.concat(await response.toArray()).toString();
  return [response.statusCode ?? 0, JSON.parse(text)];
}

const answer = [200, { message: 'Hello Ann' }];

it('serves calls and web sockets by TLS, to those who show the token', async () => {
  const config = world();
  await openApp(config, new Greeter());
  const { sidecar } = await openSidecar(config, { address: '0.0.0.0:0', cert, key });
  const { url, token = '', lines } = sidecar;
  expect(lines).toEqual([`sidecar listens on ${url}`, `token ${token}`]);
  expect(url).toMatch(/^https:/);
  const headers = { 'x-micro-token': token };
  expect(await hello(url, { headers })).toEqual(answer);
  expect(await hello(url, {})).toEqual([401, expect.objectContaining({ code: 401 })]);
  const address = `${url.replace('https', 'wss')}/broker?topic=news&format=json`;
  const socket = new WebSocket(address, { ca, headers });
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(String(data))).on('open', () => socket.send('{"n":1}'));
  await until('heard', () => heard.length === 1);
  expect(heard[0]).toContain('"body":{"n":1}');
  socket.terminate();
});

it('asks clients for a certificate where it is told who signs them', async () => {
  const config = world();
  await openApp(config, new Greeter());
  const clientCa = file('ca.pem', ca);
  const { sidecar } = await openSidecar(config, { cert, key, clientCa });
  await expect(hello(sidecar.url, {})).rejects.toThrow();
  expect(await hello(sidecar.url, { cert: clientCert, key: clientKey })).toEqual(answer);
});

it('refuses files that it cannot use, by their option, and leaves nothing open', async () => {
  await expect(openSidecar(world(), { cert })).rejects.toThrow(
    /^toolkit\.sidecar\.key: is missing/,
  );
  const nowhere = join(folder, 'nowhere');
  const missing = openSidecar(world(), { cert, key: nowhere });
  await expect(missing).rejects.toThrow(
    /^toolkit\.sidecar\.key: the file .* cannot be read: ENOENT/,
  );
  const other = file('other.pem', clientKey);
  const unfit = openSidecar(world(), { cert, key: other });
  await expect(unfit).rejects.toThrow(/^toolkit\.sidecar\.cert: is no certificate with its key/);
  const { sidecar } = await openSidecar(world());
  await expect(openSidecar(world(), { address: sidecar.address, cert, key })).rejects.toThrow(
    'is taken',
  );
  const broken = { ...world(), registry: 'nonsense' as never };
  await expect(openSidecar(broken, { cert, key })).rejects.toThrow('nonsense');
  expect(process.listenerCount('SIGHUP')).toBe(0);
});

describe('where others can see the token', () => {
  /** Lines of the log while a sidecar starts. */
  async function warnings(options: object): Promise<string> {
    let text = '';
    const { MICRO_LOG_LEVEL: before } = process.env;
    process.env['MICRO_LOG_LEVEL'] = 'warn';
    const write = jest.spyOn(process.stderr, 'write').mockImplementation((line) => {
      text += String(line);
      return true;
    });
    try {
      await openSidecar(world(), options);
    } finally {
      write.mockRestore();
      if (before === undefined) delete process.env['MICRO_LOG_LEVEL'];
      else process.env['MICRO_LOG_LEVEL'] = before;
    }
    return text;
  }

  it.each([
    ['beyond loopback', { address: '0.0.0.0:0' }, 1],
    ['beyond loopback, with TLS', { address: '0.0.0.0:0', cert, key }, 0],
    ['on loopback', { token: 'x'.repeat(16) }, 0],
  ])('it says so in its log: %s', async (_where, options, count) => {
    const text = await warnings(options);
    expect(text.match(/can read the token: give cert and key/g) ?? []).toHaveLength(count);
  });
});
