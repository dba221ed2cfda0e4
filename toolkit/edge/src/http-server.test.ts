import { connect } from 'node:net';
import { get, openServer, read, talk } from './http-server.test.fixture.ts';
import { until } from './world.test.fixture.ts';

const micro = 'Accept: application/vnd.micro.error+json\r\n';

it('says what nobody answers to, and what fails, in the shape of the app or of the client', async () => {
  const { port, problems } = await openServer({}, (fastify) =>
    fastify.get('/fails', () => Promise.reject(new TypeError('a secret'))),
  );
  const problem = await talk(port, get('/nothing', 'X-Request-Id: abc-1\r\n'));
  expect(problem).toMatch(/^content-type: application\/problem\+json\r$/im);
  expect(problem).toMatch(/^x-request-id: abc-1\r$/im);
  expect(read(problem)).toMatchObject([404, { code: 'not_found', requestId: 'abc-1' }]);
  expect(read(await talk(port, get('/nothing', micro)))).toMatchObject([404, { code: 404 }]);
  expect(read(await talk(port, get('/a%ZZ')))).toMatchObject([400, { code: 'invalid_argument' }]);
  const failed = await talk(port, get('/fails'));
  expect(read(failed)).toMatchObject([500, { code: 'internal' }]);
  expect(failed).not.toContain('secret');
  expect(problems).toEqual([expect.any(TypeError)]);
  const other = await openServer({ errors: 'micro' });
  for (const path of ['/nothing', '/a%ZZ'])
    expect(read(await talk(other.port, get(path)))[1]).toMatchObject({ id: 'micro.edge' });
});

it.each([
  ['no HTTP', 'HELO you\r\n\r\n', 400],
  ['a head that is too large', get('/', `X-A: ${'x'.repeat(9_000)}\r\n`), 431],
  ['a head that does not end', 'GET / HTTP/1.1\r\nHost: lo', 408],
  ['two lengths', get('/', 'Content-Length: 1\r\nContent-Length: 2\r\n'), 400],
])('answers to %s with a problem, and no more', async (_what, bytes, status) => {
  const { port } = await openServer();
  const text = await talk(port, bytes);
  expect(text).toMatch(/^connection: close\r$/im);
  expect(read(text)).toMatchObject([status, { type: 'about:blank', status }]);
});

it('loses no header, however many there are', async () => {
  const { port } = await openServer({ headerLimit: 65_536 }, (fastify) =>
    fastify.get('/', async ({ headers }) => ({ last: headers['last'] })),
  );
  const text = await talk(port, get('/', `${'A: b\r\n'.repeat(3_000)}Last: seen\r\n`));
  expect(read(text)).toEqual([200, { last: 'seen' }]);
});

it('cuts a client that leaves an answer unread, and none that reads it slowly', async () => {
  const large = 'x'.repeat(30_000_000);
  const { port, fastify } = await openServer({ unreadTimeout: 1_500 }, (server) =>
    server.get('/', async () => large),
  );
  const socket = connect(port, '127.0.0.1', () => socket.write(get('/')));
  socket.pause().on('error', () => undefined);
  const connections = (): Promise<number> =>
    new Promise((resolve) => fastify.server.getConnections((_, count) => resolve(count)));
  while ((await connections()) === 0) await new Promise(setImmediate);
  while ((await connections()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  socket.destroy();

  const slow = connect(port, '127.0.0.1', () => slow.write(get('/')));
  const began = performance.now();
  let got = 0;
  slow.on('data', (chunk) => {
    got += chunk.length;
    slow.pause();
    setTimeout(() => slow.resume(), 5);
  });
  await until(() => got > large.length);
  expect(performance.now() - began).toBeGreaterThan(1_500);
}, 60_000);
