import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { certificates, needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { Redis } from 'ioredis';
import { ConfigError } from '@micro-ts/interface';
import { openPlugin, until } from '@micro-ts/testing';
import { event, keepSubscribed, openApp } from './broker-apps.test.fixture.ts';
import { redis } from './index.ts';

const { authority, otherCert, serverCert, serverKey } = certificates;

type Options = Parameters<typeof openApp>[0];

/** What publishing fails with. */
async function failure(options: Options, handshake = 3_000): Promise<unknown> {
  const { broker, close } = openApp(options, { handshake });
  try {
    return await broker.publish('access', event('x')).then(
      () => undefined,
      (error: unknown) => error,
    );
  } finally {
    await close();
  }
}

const secret = 'pass%word/1';
const server = (given: TestServer): string => `${given.host}:${given.port}`;

needsServer(
  describe,
  'redis',
  true,
)('who may reach redis, and how', () => {
  describe('with a password', () => {
    let guarded: TestServer;
    beforeAll(async () => {
      guarded = await startServer('redis', {
        args: () => ['--requirepass', secret],
      });
      const admin = new Redis(guarded.url, { password: secret });
      await admin.call('ACL', 'SETUSER', 'reader', 'on', `>${secret}`, '+@connection', '+info');
      admin.disconnect();
    });
    afterAll(() => guarded.close());

    it('lets in who knows it, by option or in the URL', async () => {
      const url = `redis://:${encodeURIComponent(secret)}@${server(guarded)}`;
      expect(await failure({ address: guarded.url, password: secret })).toBeUndefined();
      expect(await failure({ address: url })).toBeUndefined();
    });

    it.each([
      ['a wrong password', { password: 'wrong-secret' }, 'unauthenticated', /redis\.password/],
      ['no password', {}, 'unauthenticated', /redis\.password/],
      [
        'a user who may nothing',
        { username: 'reader', password: secret },
        'permission_denied',
        /redis\.username/,
      ],
    ])('refuses %s, and says which option', async (_name, options, code, text) => {
      const error = await failure({ address: guarded.url, ...options });
      expect(error).toMatchObject({ code, refused: true });
      expect((error as Error).message).toMatch(text);
      expect((error as Error).message).toContain(server(guarded));
      const cause = (error as Error).cause as Error;
      expect(`${String(error)} ${cause.message} ${cause.stack}`).not.toMatch(/secret|pass%word/);
    });

    it('says nothing on the console where a password is not needed', async () => {
      const anyone = await startServer('redis');
      const console = jest.spyOn(globalThis.console, 'warn').mockImplementation(() => undefined);
      expect(await failure({ address: anyone.url, password: secret })).toBeUndefined();
      expect(console).not.toHaveBeenCalled();
      console.mockRestore();
      await anyone.close();
    });

    it('refuses a database that is not there', async () => {
      const error = await failure({ address: guarded.url, password: secret, database: 99 });
      expect(error).toMatchObject({ code: 'invalid_argument' });
      expect((error as Error).message).toContain('redis.database');
    });
  });

  describe('over TLS', () => {
    let secured: TestServer;
    beforeAll(async () => {
      secured = await startServer('redis', {
        args: ({ folder, ports: [port] }) => {
          writeFileSync(join(folder, 'cert.pem'), serverCert);
          writeFileSync(join(folder, 'key.pem'), serverKey);
          const files = ['--tls-cert-file', 'cert.pem', '--tls-key-file', 'key.pem'];
          const plain = ['--port', '0', '--tls-port', `${port}`];
          return [...plain, ...files, '--tls-auth-clients', 'no', '--tls-ca-cert-file', 'cert.pem'];
        },
        ready: (port) =>
          new Promise((resolve) => {
            const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
            socket.once('secureConnect', () => resolve(true)).once('error', () => resolve(false));
            socket.once('close', () => resolve(false)).setTimeout(2_000, () => socket.destroy());
          }),
      });
    });
    afterAll(() => secured.close());

    it('carries events, with the authority as text or as a file', async () => {
      const file = join(secured.folder, 'ca.pem');
      writeFileSync(file, authority);
      const address = `rediss://${server(secured)}`;
      const app = openApp({ address, tls: { ca: file } });
      const heard = await keepSubscribed(app, 'tls', { queue: 'q' });
      await app.broker.publish('tls', event('x'));
      await until(() => heard.deliveries.length === 1);
      await heard.close();
      await app.close();
      rmSync(file);
      expect(await failure({ address: secured.url, tls: { ca: authority } })).toBeUndefined();
    });

    it.each([
      ['an unknown authority', {}],
      ['a wrong authority', { ca: otherCert }],
      ['a wrong name', { ca: authority, servername: 'elsewhere.test' }],
    ])('refuses %s, and says which option', async (_name, tls) => {
      const error = await failure({ address: secured.url, tls });
      expect(error).toMatchObject({ code: 'unavailable', refused: true });
      expect((error as Error).message).toMatch(/tls\.ca/);
    });

    it('gives up in time where only the server speaks TLS, and says what to write', async () => {
      const error = await failure({ address: secured.url }, 1_500);
      expect(error).toMatchObject({ code: 'unavailable' });
      expect((error as Error).message).toContain(server(secured));
      expect((error as Error).message).toMatch(/TLS.*rediss:/);
    });

    it('gives up in time where only the app speaks TLS, and says what to write', async () => {
      const plain = await startServer('redis');
      const error = await failure({ address: `rediss://${server(plain)}` }, 1_500);
      await plain.close();
      expect(error).toMatchObject({ code: 'unavailable' });
      expect((error as Error).message).toMatch(/TLS.*redis\.tls.*redis:/);
    });
  });

  it.each(['HTTP/1.1 400 Bad Request\r\n\r\n', 'AMQP\0\0\x09\x01', 'SSH-2.0-x\r\n'])(
    'another server than redis, which says %j, is told as such',
    async (greeting) => {
      const other = createServer((socket) => void socket.on('error', () => 0).write(greeting));
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as AddressInfo;
      const error = await failure({ address: `127.0.0.1:${port}` });
      other.close();
      expect(error).toMatchObject({ code: 'failed_precondition' });
      expect((error as Error).message).toContain(`127.0.0.1:${port} does not speak as Redis does`);
      expect((error as Error).message).toContain('redis.address');
    },
  );

  it('a server that is no cluster is told as such', async () => {
    const own = await startServer('redis');
    const error = await failure({ cluster: [server(own)] });
    await own.close();
    expect(String(error)).toMatch(/is no cluster.*redis\.address/);
  });

  it('an unknown host is told with the option to change', async () => {
    const error = await failure({ address: 'redis://nowhere.invalid:6379' });
    expect(error).toMatchObject({ code: 'unavailable', refused: true });
    expect((error as Error).message).toMatch(/nowhere\.invalid:6379.*redis\.address/);
  });

  it('takes the first of several addresses that answers', async () => {
    const own = await startServer('redis');
    try {
      expect(await failure({ address: ['redis://127.0.0.1:1', own.url] })).toBeUndefined();
    } finally {
      await own.close();
    }
  });

  it.each<[string, Options, RegExp]>([
    ['two ways', { address: 'x', cluster: ['y'] }, /one of address, cluster and sentinel/],
    ['half a certificate', { tls: { cert: 'x' } }, /belong together/],
    ['braces in the prefix', { prefix: 'a{b}' }, /braces/],
  ])('refuses %s before anything is opened', (_name, options, text) => {
    expect(() => redis(options)).toThrow(text);
  });

  it.each<[Options, RegExp]>([
    [{ address: 'http://u:secret@x' }, /^redis\.address: 'http:/],
    [{ address: 'redis://127.0.0.1:99999' }, /^redis\.address: not a URL/],
    [{ address: 'redis://u:secret@x/one' }, /^redis\.address: its path/],
    [{ address: 'redis://u:secret@x?db=1' }, /^redis\.address: what follows/],
    [{ address: 'u:secret@x:1' }, /^redis\.address: not an address/],
    [{ address: 'x:1,y:2' }, /^redis\.address: several .*\n.*list/],
    [{ address: 'redis://:secret@x:1,redis://:secret@y:2' }, /^redis\.address: several/],
    [{ address: 'redis://u@x' }, /^redis\.password: is missing/],
    [{ tls: { ca: '/nowhere/ca.pem' } }, /^redis\.tls\.ca: cannot be read/],
    [{ cluster: ['x:1'], database: 1 }, /^redis\.database: a cluster/],
    [{ cluster: ['redis://x/3'] }, /^redis\.cluster: a cluster/],
    [{ cluster: ['redis://x', 'rediss://y'] }, /^redis\.cluster: .* differ in TLS/],
    [{ cluster: ['redis://:secret@x', 'redis://:other@y'] }, /differ in the password/],
    [{ cluster: ['x'], natMap: { 'y:1': 'redis://:secret@z' } }, /^redis\.natMap: .* host:port/],
    [
      { sentinel: { name: 'm', addresses: ['redis://x/3'] } },
      /^redis\.sentinel\.addresses: .*\n.*database/,
    ],
    [
      { sentinel: { name: 'm', addresses: ['x'], tls: { ca: '/no' } } },
      /^redis\.sentinel\.tls\.ca/,
    ],
  ])('refuses %j when the plugin is opened', (options, text) => {
    const open = (): unknown => openPlugin(redis(options));
    expect(open).toThrow(ConfigError);
    expect(open).toThrow(expect.objectContaining({ message: expect.stringMatching(text) }));
    expect(open).not.toThrow(/secret|other/);
  });
});
