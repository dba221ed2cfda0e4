import { ConfigError } from '@micro-ts/interface';
import { afterwards, closeAll } from '@micro-ts/testing';
import { certificates } from '@micro-ts/testing/servers';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createSocketServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { open } from './app.test.fixture.ts';
import consul from './index.ts';

type Options = NonNullable<Parameters<typeof consul>[0]>;

const names = [
  ...['CONSUL_HTTP_ADDR', 'CONSUL_HTTP_SSL', 'CONSUL_HTTP_TOKEN', 'CONSUL_HTTP_SSL_VERIFY'],
  ...['CONSUL_CACERT', 'CONSUL_CLIENT_CERT', 'CONSUL_CLIENT_KEY', 'CONSUL_TLS_SERVER_NAME'],
];

const { authority, otherAuthority, clientCert, clientKey, serverCert, serverKey } = certificates;

describe('the way to Consul', () => {
  const before = names.map((name) => [name, process.env[name]] as const);
  beforeEach(() => {
    for (const name of names) delete process.env[name];
  });
  afterEach(closeAll);
  afterAll(() => {
    for (const name of names) delete process.env[name];
    for (const [name, text] of before) if (text !== undefined) process.env[name] = text;
  });

  it.each<[string, Record<string, string>, Options, RegExp]>([
    [
      'tls, and an address without in the environment',
      { CONSUL_HTTP_ADDR: 'http://127.0.0.1:8500' },
      { tls: {} },
      /^CONSUL_HTTP_ADDR: begins with http:\/\/, and consul\.tls asks for TLS\n.*https:\/\//,
    ],
    [
      'tls, and an address without',
      {},
      { address: 'HTTP://127.0.0.1:8500', tls: {} },
      /^consul\.address: begins with http:\/\/, and consul\.tls asks for TLS/,
    ],
    [
      'CONSUL_HTTP_SSL, and an address without',
      { CONSUL_HTTP_SSL: '1' },
      { address: 'http://127.0.0.1:8500' },
      /^consul\.address: begins with http:\/\/, and CONSUL_HTTP_SSL asks for TLS/,
    ],
    [
      'CONSUL_HTTP_SSL that nobody can read',
      { CONSUL_HTTP_SSL: 'yes' },
      {},
      /^CONSUL_HTTP_SSL: is neither true nor false/,
    ],
    [
      'a socket',
      { CONSUL_HTTP_ADDR: 'unix:///run/consul.sock' },
      {},
      /^CONSUL_HTTP_ADDR: is none of .*unix:\/\/\) are not supported/,
    ],
    [
      'a list',
      { CONSUL_HTTP_ADDR: 'a,b:2' },
      {},
      /^CONSUL_HTTP_ADDR: is none of .*lists and .* are not supported/,
    ],
    ['an unknown scheme', { CONSUL_HTTP_ADDR: 'amqp://host' }, {}, /^CONSUL_HTTP_ADDR: is none of/],
    ['no port', { CONSUL_HTTP_ADDR: 'host:99999' }, {}, /^CONSUL_HTTP_ADDR: is none of/],
    [
      'two lines as a token',
      { CONSUL_HTTP_TOKEN: 'hunter2\nhunter3' },
      {},
      /^CONSUL_HTTP_TOKEN: is not visible ASCII/,
    ],
    [
      'an authority that is not there',
      {},
      { tls: { ca: '/no/such/file' } },
      /^consul\.tls\.ca: cannot be read/,
    ],
    [
      'an authority of the environment that is not there',
      { CONSUL_HTTP_SSL: 'true', CONSUL_CACERT: '/no/such/file' },
      {},
      /^CONSUL_CACERT: cannot be read/,
    ],
    [
      'an authority of the environment that is none',
      { CONSUL_HTTP_ADDR: 'https://127.0.0.1:8501', CONSUL_CACERT: clientKey },
      {},
      /^CONSUL_CACERT: holds no certificate/,
    ],
    [
      'a certificate of the environment that is not there',
      { CONSUL_CLIENT_CERT: '/no/such/file', CONSUL_CLIENT_KEY: clientKey },
      { tls: {} },
      /^CONSUL_CLIENT_CERT: cannot be read/,
    ],
    [
      'a key of the environment that is not there',
      { CONSUL_CLIENT_CERT: clientCert, CONSUL_CLIENT_KEY: 'hunter2' },
      { tls: {} },
      /^CONSUL_CLIENT_KEY: cannot be read/,
    ],
    [
      'certificate and key of the environment that do not fit',
      { CONSUL_CLIENT_CERT: clientCert, CONSUL_CLIENT_KEY: serverKey },
      { tls: {} },
      /^CONSUL_CLIENT_CERT: certificate and key cannot be used/,
    ],
    [
      'a certificate of the environment without its key',
      { CONSUL_CLIENT_CERT: clientCert },
      { tls: {} },
      /^CONSUL_CLIENT_KEY: is missing, and there is CONSUL_CLIENT_CERT\n/,
    ],
    [
      'a key of the environment without its certificate',
      { CONSUL_CLIENT_KEY: clientKey },
      { address: 'https://127.0.0.1:8501' },
      /^CONSUL_CLIENT_CERT: is missing, and there is CONSUL_CLIENT_KEY\n/,
    ],
    [
      'CONSUL_HTTP_SSL_VERIFY that nobody can read',
      { CONSUL_HTTP_SSL: '1', CONSUL_HTTP_SSL_VERIFY: 'no' },
      {},
      /^CONSUL_HTTP_SSL_VERIFY: is neither true nor false/,
    ],
  ])('is refused before anything is dialled: %s', (_what, environment, options, text) => {
    Object.assign(process.env, environment);
    const opening = (): unknown => open(consul(options));
    expect(opening).toThrow(ConfigError);
    expect(opening).toThrow(text);
    expect(opening).not.toThrow(/hunter/);
  });

  it.each(['unix:///run/consul.sock', 'amqp://host', 'user:hunter2@host'])(
    'is not %s, and no secret is told',
    (address) => {
      const configure = (): unknown => consul({ address });
      expect(configure).toThrow(/^consul\.address: is none of/);
      expect(configure).not.toThrow(/hunter/);
    },
  );

  it.each([
    ['in the environment', true, 'http://'],
    ['in the environment, without a scheme', true, ''],
    ['in the options', false, ''],
  ])('is TLS where CONSUL_HTTP_SSL says so, with the address %s', async (_where, env, scheme) => {
    const heard: unknown[] = [];
    const server = createServer((asked, answer) => {
      heard.push(asked.headers);
      answer.end('[]');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `${scheme}127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env['CONSUL_HTTP_SSL'] = 'TRUE';
    process.env['CONSUL_HTTP_TOKEN'] = 'hunter2';
    if (env) process.env['CONSUL_HTTP_ADDR'] = address;
    const { registry } = open(consul(env ? {} : { address }));
    await expect(registry.lookup('greeter')).rejects.toThrow(
      /TLS failed .*: check consul\.address/,
    );
    expect(heard).toEqual([]); // no token in the open
    await new Promise((resolve) => server.close(resolve));
  });

  /** Answers over TLS who asked it, and by which name; certificates are asked for, not wanted. */
  const startTls = async (): Promise<{ address: string; names: unknown[]; peers: unknown[] }> => {
    const heard = { names: [] as unknown[], peers: [] as unknown[] };
    const options = { cert: serverCert, key: serverKey, ca: authority, requestCert: true };
    const server = createTlsServer({ ...options, rejectUnauthorized: false }, (asked, answer) => {
      const socket = asked.socket as TLSSocket;
      heard.names.push(socket.servername);
      heard.peers.push(socket.getPeerX509Certificate()?.toString().trim());
      answer.end('[]');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    afterwards(() => new Promise((resolve) => server.close(resolve)));
    return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, ...heard };
  };
  const answered = (options: Options): Promise<unknown> =>
    open(consul(options)).registry.lookup('greeter').catch(String);

  it('has its certificates from the environment, as paths', async () => {
    const { address, names: asked, peers } = await startTls();
    const folder = mkdtempSync(join(tmpdir(), 'consul-tls-'));
    afterwards(() => rmSync(folder, { recursive: true }));
    const texts = {
      CONSUL_CACERT: authority,
      CONSUL_CLIENT_CERT: clientCert,
      CONSUL_CLIENT_KEY: clientKey,
    };
    for (const [name, text] of Object.entries(texts)) {
      writeFileSync(join(folder, name), text);
      process.env[name] = join(folder, name);
    }
    process.env['CONSUL_TLS_SERVER_NAME'] = 'greeter.test';
    for (const options of [{ address: `https://${address}` }, { address, tls: {} }]) {
      expect(await open(consul(options)).registry.lookup('greeter')).toEqual([]);
    }
    process.env['CONSUL_HTTP_SSL'] = 'true';
    expect(await open(consul({ address })).registry.lookup('greeter')).toEqual([]);
    expect(asked).toEqual(['greeter.test', 'greeter.test', 'greeter.test']);
    expect(peers).toEqual([clientCert.trim(), clientCert.trim(), clientCert.trim()]);
  });

  it('has its certificates from the options before all', async () => {
    const { address, names: asked, peers } = await startTls();
    const tls = { ca: authority, cert: clientCert, key: clientKey, servername: 'localhost' };
    process.env['CONSUL_CACERT'] = otherAuthority;
    process.env['CONSUL_CLIENT_KEY'] = '/no/such/file';
    process.env['CONSUL_TLS_SERVER_NAME'] = 'elsewhere.test';
    expect(await open(consul({ address, tls })).registry.lookup('greeter')).toEqual([]);
    expect([asked, peers]).toEqual([['localhost'], [clientCert.trim()]]);
    delete process.env['CONSUL_CLIENT_KEY'];
    expect(await answered({ address: `https://${address}` })).toMatch(/TLS failed/);
  });

  it('is believed without a check only where CONSUL_HTTP_SSL_VERIFY is false and tls is not given', async () => {
    const { address } = await startTls();
    const secure = { address: `https://${address}` };
    expect(await answered(secure)).toMatch(/TLS failed/);
    process.env['CONSUL_HTTP_SSL_VERIFY'] = 'false';
    expect(await answered(secure)).toEqual([]);
    expect(await answered({ ...secure, tls: {} })).toMatch(/TLS failed/);
    process.env['CONSUL_HTTP_SSL_VERIFY'] = 'true';
    expect(await answered(secure)).toMatch(/TLS failed/);
    expect(await answered({ ...secure, tls: { insecure: true } })).toEqual([]);
  });

  it('is not TLS because the environment has certificates, whatever is in them', async () => {
    const server = createServer((_asked, answer) => void answer.end('[]'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    afterwards(() => new Promise((resolve) => server.close(resolve)));
    process.env['CONSUL_CACERT'] = '/no/such/file';
    process.env['CONSUL_CLIENT_CERT'] = '/no/such/file';
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await open(consul({ address })).registry.lookup('greeter')).toEqual([]);
  });

  it.each([
    ['speaks no HTTP', 'AMQP\0\0\x09\x01', /speaks no HTTP: is consul\.address that of Consul\?$/],
    ['hangs up', '', /cannot be reached .*check consul\.address$/],
    ['has another API', http('404 Not Found', 'what?'), /404; is consul\.address that of/],
    ['fails', http('500 Internal Server Error', ''), /500; is consul\.address that of Consul\?$/],
    ['has pages', http('200 OK', '<html>'), /no JSON: is consul\.address that of Consul\?$/],
    [
      'wants TLS',
      http('400 Bad Request', 'Client sent an HTTP request to an HTTPS server.\n'),
      /400; write https:\/\/ in consul\.address/,
    ],
  ])('names the option where somebody else answers, who %s', async (_what, said, text) => {
    const server = createSocketServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(said));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { registry } = open(consul({ address }));
    const failed: unknown = await registry.lookup('greeter').catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'unavailable', message: expect.stringMatching(text) });
    expect(failed).toMatchObject({ message: expect.stringContaining(`consul at ${address}`) });
    await new Promise((resolve) => server.close(resolve));
  });
});

/** An answer of HTTP. */
function http(status: string, body: string): string {
  return `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}
