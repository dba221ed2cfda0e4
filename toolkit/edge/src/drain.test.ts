import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { get, openServer, read, talk } from './http-server.test.fixture.ts';
import { sockets } from './sockets.ts';
import { until } from './world.test.fixture.ts';

it('answers during the grace, and ends the connections', async () => {
  const { port, drain } = await openServer({ grace: 2_000 }, (server) =>
    server.get('/', async () => ({ ok: true })),
  );
  let closed = false;
  expect(drain.begun).toBe(false);
  const done = drain.run(async () => void (closed = true));
  expect(drain.begun).toBe(true);
  const text = await talk(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(text).toMatch(/^connection: close\r$/im);
  expect(read(text)).toEqual([200, { ok: true }]);
  expect(closed).toBe(false);
  await done;
  expect(closed).toBe(true);
});

it('ends the connections of what ran before, too', async () => {
  let release = (): void => undefined;
  let asked = false;
  const { port, drain, fastify } = await openServer({ drain: 30_000 }, (server) =>
    server.get('/', async () => {
      asked = true;
      await new Promise<void>((resolve) => (release = resolve));
      return { ok: true };
    }),
  );
  const answer = talk(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await until(() => asked);
  const done = drain.run(() => fastify.close());
  release();
  expect(await answer).toMatch(/^connection: close\r$/im);
  await done;
});

it('waits for what runs, and for nobody longer than the drain', async () => {
  let release = (): void => undefined;
  let asked = 0;
  const times = { drain: 3_000, uploadTimeout: 60_000 };
  const { port, drain, fastify } = await openServer(times, (server) =>
    server.get('/', async () => {
      asked++;
      await new Promise<void>((resolve) => (release = resolve));
      return { ok: true };
    }),
  );
  const answer = talk(port, get('/'));
  const half = connect(port, '127.0.0.1', () => half.write('GET / HTTP/1.1\r\nHost: lo'));
  let cut = false;
  half.on('close', () => (cut = true)).on('error', () => undefined);
  await until(() => asked === 1);
  const began = performance.now();
  const done = drain.run(() => fastify.close());
  expect(drain.run(() => Promise.reject(new Error('once is enough')))).toBe(done);
  await pause(100);
  release();
  expect(read(await answer)).toEqual([200, { ok: true }]);
  expect(cut).toBe(false);
  await done;
  await until(() => cut);
  expect(performance.now() - began).toBeGreaterThan(2_900);
});

it('cuts off who asked for another protocol, too', async () => {
  let asked = false;
  const { port, drain, fastify } = await openServer({ drain: 100 }, (server) => {
    void server.register(sockets);
    server.get('/', () => {
      asked = true;
      return new Promise(() => undefined);
    });
  });
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  const answer = talk(port, `GET / HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`);
  await until(() => asked);
  await drain.run(() => fastify.close());
  expect(await answer).toBe('');
});

it('sends to the end what is on its way to a client that reads on', async () => {
  const large = 'x'.repeat(20_000_000);
  const { port, drain, fastify } = await openServer(
    { drain: 20_000, unreadTimeout: 20_000 },
    (server) => server.get('/', async () => large),
  );
  const socket = connect(port, '127.0.0.1', () =>
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  );
  let got = 0;
  const begun = new Promise<void>((resolve) =>
    socket.once('data', () => resolve(void socket.pause())),
  );
  socket.on('data', (chunk) => (got += chunk.length));
  await begun;
  const done = drain.run(() => fastify.close());
  await pause(100);
  expect(got).toBeLessThan(large.length);
  socket.resume();
  await until(() => got > large.length);
  fastify.server.closeIdleConnections(); // it is idle now, and Nest's module looks for such
  await done;
});

it('cuts off too who came while it was being stopped', async () => {
  let stopping = false;
  const { port, drain, fastify } = await openServer({ drain: 1_000 }, (server) => {
    server.get('/', () => new Promise(() => undefined));
    server.addHook('preClose', async () => {
      stopping = true;
      await pause(2_500); // longer than the drain
    });
  });
  const done = drain.run(() => fastify.close());
  await until(() => stopping);
  expect(await talk(port, get('/'))).toBe('');
  await done;
});
