// etcd that speaks TLS.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { certificates as pem, needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { afterwards, closeAll, sampleNode, until } from '@micro-ts/testing';
import { openRegistry, rejection, Told } from './opened.test.fixture.ts';

needsServer(
  describe,
  'etcd',
  true,
)('etcd by TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'etcd-tls-'));
  const servers: TestServer[] = [];
  const start = async (cert: string, key: string, mutual = false): Promise<TestServer> => {
    const files = { cert, key, ca: pem.authority };
    const path = (name: string): string => join(folder, `${servers.length}-${name}.pem`);
    for (const [name, text] of Object.entries(files)) writeFileSync(path(name), text);
    const server = await startServer('etcd', {
      args: ({ ports: [port] }) => [
        ...['--listen-client-urls', `https://127.0.0.1:${port}`],
        ...['--advertise-client-urls', `https://127.0.0.1:${port}`],
        ...['--cert-file', path('cert'), '--key-file', path('key')],
        ...(mutual ? ['--client-cert-auth', '--trusted-ca-file', path('ca')] : []),
      ],
      ready: healthy,
    });
    servers.push(server);
    return server;
  };
  const at = ({ port }: TestServer): string => `127.0.0.1:${port}`;
  let plain: TestServer;
  let mutual: TestServer;
  let named: TestServer;

  beforeAll(async () => {
    plain = await start(pem.serverCert, pem.serverKey);
    mutual = await start(pem.serverCert, pem.serverKey, true);
    named = await start(pem.otherCert, pem.otherKey);
  });
  afterEach(closeAll);
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  const works = async (opened: ReturnType<typeof openRegistry>): Promise<void> => {
    const { registry } = opened;
    const told = new Told();
    await registry.watch(told.listener, 'greeter');
    const node = sampleNode('greeter');
    await registry.register(node, 30_000);
    expect(await registry.lookup('greeter')).toEqual([node]);
    await until(() => told.ids('greeter').length === 1);
    await registry.deregister(node);
    expect(await registry.localAddress()).toBe('127.0.0.1');
  };

  it('works with its authority, as text and as a file, and by https://', async () => {
    const file = join(folder, 'authority.pem');
    writeFileSync(file, pem.authority);
    await works(openRegistry({ addresses: at(plain), tls: { ca: pem.authority } }));
    await works(openRegistry({ addresses: `https://${at(plain)}`, tls: { ca: file } }));
    await works(openRegistry({ addresses: `localhost:${plain.port}`, tls: { ca: file } }));
  });

  it('is told no name where its address is none: Node warns of one', async () => {
    const dialled = jest.spyOn(tls, 'connect');
    afterwards(() => dialled.mockRestore());
    await works(openRegistry({ addresses: at(plain), tls: { ca: pem.authority } }));
    const options = dialled.mock.calls.map(([given]) => given as ConnectionOptions);
    expect(options).not.toHaveLength(0);
    expect(options.filter(({ servername }) => servername !== undefined)).toEqual([]);
  });

  it('works with a certificate where etcd asks for one', async () => {
    const tls = { ca: pem.authority, cert: pem.clientCert, key: pem.clientKey };
    await works(openRegistry({ addresses: at(mutual), tls }));
  });

  it('works with the name that the certificate has', async () => {
    const tls = { ca: pem.authority, servername: 'other.test' };
    await works(openRegistry({ addresses: at(named), tls }));
  });

  it.each([
    ['an authority that did not sign it', () => plain, { ca: pem.otherAuthority }],
    ['the well-known authorities alone', () => plain, {}],
    ['a certificate for another name', () => named, { ca: pem.authority }],
    ['no certificate of ours', () => mutual, { ca: pem.authority }],
  ])('is refused with %s, and the text says where', async (_why, server, tls) => {
    const { registry } = openRegistry({ addresses: at(server()), tls });
    const error = await rejection(registry.lookup('greeter'));
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toContain(`etcd at ${at(server())}`);
    expect(error.message).toMatch(/\(check etcd\.(tls|addresses)\)$/);
    expect(error.message).not.toContain('BEGIN');
  });

  it('is not reached without TLS', async () => {
    const { registry } = openRegistry({ addresses: at(plain) });
    const error = await rejection(registry.lookup('greeter'));
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toContain(at(plain));
  });
});

function healthy(port: number): Promise<boolean> {
  const options = { port, path: '/health', rejectUnauthorized: false, timeout: 1_000 };
  const identity = { cert: pem.clientCert, key: pem.clientKey };
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', ...options, ...identity }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false)).end();
  });
}
