import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { nkeys } from '@nats-io/nats-core';
import { certificates, needsServer, startFaultProxy, startServer } from '@micro-ts/testing/servers';
import type { StartOptions, TestServer } from '@micro-ts/testing/servers';
import { afterwards, closeAll, eventually } from '@micro-ts/testing';
import { event, open } from './opened.test.fixture.ts';
import type { Options } from './opened.test.fixture.ts';

const { authority, serverCert, serverKey, clientCert, clientKey } = certificates;

const secret = 'very secret/1';

/** What the first publication comes to. */
const attempt = (options: Options): Promise<unknown> =>
  open(options)
    .broker.publish('some.topic', event('x'))
    .then(
      () => 'published',
      (error: unknown) => {
        expect(String((error as Error).stack)).not.toContain(secret);
        expect(String((error as Error).stack)).not.toContain(encodeURIComponent(secret));
        return error;
      },
    );

needsServer(
  describe,
  'nats',
  true,
)('the connection to NATS', () => {
  afterEach(closeAll);

  async function start(options: StartOptions = {}): Promise<TestServer> {
    const server = await startServer('nats', options);
    afterwards(() => server.close());
    return server;
  }

  const folder = (): string => {
    const path = mkdtempSync(join(tmpdir(), 'nats-connection-'));
    afterwards(() => rmSync(path, { recursive: true, force: true }));
    return path;
  };

  it('names the server and the option of a password or a token that is wrong or missing', async () => {
    const { url: servers, port } = await start({ args: () => ['--user', 'me', '--pass', secret] });
    const at = `127.0.0.1:${port}`;
    const stranger = { code: 'unauthenticated', refused: true };
    expect(await attempt({ servers })).toMatchObject({
      ...stranger,
      message: `nats ${at} demands credentials: give nats.token, nats.username, nats.nkey or nats.creds`,
    });
    expect(await attempt({ servers, username: 'me', password: `${secret}!` })).toMatchObject({
      ...stranger,
      message: `nats ${at} does not accept nats.username and nats.password`,
    });
    expect(await attempt({ servers, token: secret })).toMatchObject({
      ...stranger,
      message: `nats ${at} does not accept nats.token`,
    });
    const within = `nats://me:${encodeURIComponent(`${secret}?`)}@${at}`;
    expect(await attempt({ servers: within })).toMatchObject({
      ...stranger,
      message: `nats ${at} does not accept the user in nats.servers`,
    });
    expect(await attempt({ servers, username: 'me', password: secret })).toBe('published');
    const good = `me:${encodeURIComponent(secret)}@${at}`;
    expect(await attempt({ servers: good })).toBe('published');
  });

  it('takes tokens and nkeys', async () => {
    const token = await start({ args: () => ['--auth', secret] });
    expect(await attempt({ servers: token.url, token: secret })).toBe('published');
    const pair = nkeys.createUser();
    const seed = new TextDecoder().decode(pair.getSeed());
    const config = join(folder(), 'nats.conf');
    writeFileSync(config, `authorization { users = [ { nkey: ${pair.getPublicKey()} } ] }`);
    const keyed = await start({ args: () => ['-c', config] });
    expect(await attempt({ servers: keyed.url, nkey: seed })).toBe('published');
    const other = new TextDecoder().decode(nkeys.createUser().getSeed());
    const refused = { code: 'unauthenticated', message: expect.stringContaining('nats.nkey') };
    expect(await attempt({ servers: keyed.url, nkey: other })).toMatchObject(refused);
  });

  it('speaks TLS where it is asked to, to a server that it knows', async () => {
    const path = folder();
    const file = (name: string, text: string): string => {
      writeFileSync(join(path, name), text);
      return join(path, name);
    };
    const [cert, key] = [file('cert.pem', serverCert), file('key.pem', serverKey)];
    const ca = file('ca.pem', authority);
    const { url, port } = await start({
      args: () => ['--tls', '--tlscert', cert, '--tlskey', key, '--tlscacert', ca, '--tlsverify'],
    });
    const client = { cert: clientCert, key: clientKey };
    expect(await attempt({ servers: url, tls: { ca, ...client } })).toBe('published');
    const named = { servers: `tls://localhost:${port}`, tls: { ca: authority, ...client } };
    expect(await attempt(named)).toBe('published');
    for (const options of [{}, { tls: { ...client, ca: clientCert } }]) {
      expect(await attempt({ servers: url, ...options })).toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/its certificate is not accepted.*nats\.tls/),
      });
    }
    const plain = await start();
    expect(await attempt({ servers: `tls://127.0.0.1:${plain.port}` })).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('speaks no TLS'),
    });
  });

  it('says which server it cannot reach, and tries the others', async () => {
    const unknown = { servers: 'nats://no.such.host.invalid:4222' };
    expect(await attempt(unknown)).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/no\.such\.host\.invalid:4222.*nats\.servers/),
    });
    const { url } = await start();
    const servers = ['127.0.0.1:1', 'nats://127.0.0.1:2', url];
    expect(await attempt({ servers })).toBe('published');
    expect(await attempt({ servers: servers.slice(0, 2) })).toMatchObject({
      code: 'unavailable',
      message: 'nats 127.0.0.1:1, 127.0.0.1:2: refuses connections: see nats.servers',
    });
  });

  it('gives up a server that never says a word, and leaves no socket open there', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      sockets.push(socket);
    }).listen(0, '127.0.0.1');
    afterwards(() => {
      mute.close();
      for (const socket of sockets) socket.destroy();
    });
    await once(mute, 'listening');
    const at = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
    expect(await attempt({ servers: at })).toMatchObject({
      code: 'unavailable',
      message: `nats ${at} does not answer: it hangs, or is no NATS server: see nats.servers`,
    });
    expect(sockets).toHaveLength(1);
    const { url } = await start();
    const { broker } = open({ servers: [at, url] });
    await broker.publish('some.topic', event('x'));
    await eventually(() => expect(sockets.every(({ destroyed }) => destroyed)).toBe(true));
    await broker.publish('some.topic', event('x'));
  });

  it('notices a server that went silent, and one that is slow is only slow', async () => {
    const { port } = await start();
    const proxy = await startFaultProxy(port);
    afterwards(() => proxy.close());
    const { broker } = open({ servers: `127.0.0.1:${proxy.port}` });
    const options = {
      queue: undefined,
      delivery: 'at-most-once',
      attempts: 1,
      concurrency: 1,
    } as const;
    const subscribe = () => broker.subscribe('some.topic', async () => undefined, options);
    proxy.set({ slow: 300 });
    const slow = await subscribe();
    await broker.publish('some.topic', event('x'));
    let lost = false;
    void slow.closed.then(() => (lost = true));
    await pause(6_000);
    expect(lost).toBe(false);
    proxy.set('drop');
    const start_ = performance.now();
    const publishing = broker.publish('some.topic', event('x'));
    await expect(publishing).rejects.toMatchObject({ code: 'unavailable' });
    const reason = await slow.closed;
    const noticed = performance.now() - start_;
    console.log(`a silent server was noticed after ${noticed.toFixed(0)} ms`);
    expect(reason).toMatchObject({ message: expect.stringContaining('does not answer') });
    expect(noticed).toBeLessThan(30_000);
    proxy.set('none');
    await eventually(subscribe);
  });
});
