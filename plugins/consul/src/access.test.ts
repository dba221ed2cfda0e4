import { ConfigError } from '@micro-ts/interface';
import { closeAll } from '@micro-ts/testing';
import { createServer } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { open } from './app.test.fixture.ts';
import consul from './index.ts';

type Options = NonNullable<Parameters<typeof consul>[0]>;

const names = ['CONSUL_HTTP_ADDR', 'CONSUL_HTTP_SSL', 'CONSUL_HTTP_TOKEN'];

describe('the way to Consul', () => {
  const before = names.map((name) => [name, process.env[name]] as const);
  beforeEach(() => {
    for (const name of names) delete process.env[name];
  });
  afterEach(closeAll);
  afterAll(() => {
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
