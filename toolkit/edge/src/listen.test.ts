import { networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { get, openServer, read, talk } from './http-server.test.fixture.ts';

const answer = (fastify: { get(path: string, handler: () => Promise<object>): unknown }) =>
  fastify.get('/', async () => ({ ok: true }));
const open = (address: string) => openServer({}, answer, address);
const ok = [200, { ok: true }];

/** Some machines have no IPv6. */
const has = (ip: string): boolean =>
  Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === ip));
const loopback = ['127.0.0.1', '::1'].filter(has);

const addresses: [wanted: string, shown: RegExp, host: string, reached: string[]][] = [
  [':0', /^(\[::\]|0\.0\.0\.0):\d+$/, 'localhost', loopback],
  ['[::]:0', /^\[::\]:\d+$/, 'localhost', loopback],
  ['[::1]:0', /^\[::1\]:\d+$/, '[::1]', ['::1']],
  ['127.0.0.1:0', /^127\.0\.0\.1:\d+$/, '127.0.0.1', ['127.0.0.1']],
  ['0.0.0.0:0', /^0\.0\.0\.0:\d+$/, '127.0.0.1', ['127.0.0.1']],
  ['localhost:0', /^localhost:\d+$/, 'localhost', loopback],
];
it.each(addresses.filter(([wanted]) => has('::1') || !wanted.startsWith('[')))(
  '%s is where it listens',
  async (wanted, shown, host, reached) => {
    const { address, url, port } = await open(wanted);
    expect(address).toMatch(shown);
    expect(url).toBe(`http://${host}:${port}`);
    for (const ip of reached) expect(read(await talk(port, get('/'), ip))).toEqual(ok);
    if (reached.includes('::1')) return;
    await expect(talk(port, get('/'), '::1')).rejects.toThrow();
  },
);

it('has one server at both addresses of localhost, with its limits and its end', async () => {
  const { port, drain, fastify } = await open('localhost:0');
  for (const ip of loopback)
    expect(read(await talk(port, 'HELO\r\n\r\n', ip))).toMatchObject([400, { status: 400 }]);
  await drain.run(() => fastify.close());
  for (const ip of loopback) await expect(talk(port, get('/'), ip)).rejects.toThrow('ECONNREFUSED');
});

it.each(loopback)('waits at its end for what runs for clients of %s', async (ip) => {
  let asked = (): void => undefined;
  const running = new Promise<void>((resolve) => (asked = resolve));
  let answer = (): void => undefined;
  const { port, drain, fastify } = await openServer(
    { drain: 20_000 },
    (server) =>
      server.get('/', async () => {
        asked();
        await new Promise<void>((resolve) => (answer = resolve));
        return { ok: true };
      }),
    'localhost:0',
  );
  const text = talk(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', ip);
  await running;
  let closed = false;
  const idle = setInterval(() => fastify.server.closeIdleConnections(), 50); // as Nest's module does
  const done = drain.run(() => fastify.close()).then(() => (closed = true));
  await pause(200);
  expect(closed).toBe(false);
  answer();
  expect(read(await text)).toEqual(ok);
  await done;
  clearInterval(idle);
});

it('says by the name of the option that it cannot', async () => {
  const { address } = await open('127.0.0.1:0');
  await expect(open(address)).rejects.toThrow(
    `toolkit.test.address: ${address} is taken\n  Choose another one: --address 127.0.0.1:0`,
  );
  await expect(open('192.0.2.1:0')).rejects.toThrow('cannot be listened at: EADDRNOTAVAIL');
});
