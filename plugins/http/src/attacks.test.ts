import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { MicroError } from '@micro-ts/interface';
import { until } from '@micro-ts/testing';
import { afterwards, call, closeAll, connectTo, greet, json } from './app.test.fixture.ts';
import { listen, rawSocket } from './app.test.fixture.ts';

afterEach(closeAll);

/** A listener, and a caller who is served beside all that happens. */
async function victim(limits = {}) {
  const listener = await listen(greet, {}, limits);
  const connection = await connectTo(listener);
  const served = async (): Promise<void> => {
    const answer = await connection.exchange(call({ name: 'Ann' }));
    expect(json(answer)).toEqual({ message: 'Hello Ann' });
  };
  await served();
  return { ...listener, served };
}

const head =
  'POST /Greeter.Hello HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
const upgrade = 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n';

/** How many sockets and files this process may have open. */
function openFiles(): number {
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files: { soft: number | 'unlimited' } };
  };
  const most = userLimits?.open_files.soft ?? 'unlimited';
  return most === 'unlimited' ? Infinity : most;
}

describe('a peer that means harm', () => {
  it.each([
    ['random bytes', randomBytes(4_000).toString('latin1'), ' 400 '],
    ['frames without the question', '\0\0\u0005\0\0\0\0\0\0\u0001....', ' 400 '],
    ['TLS', '\u0016\u0003\u0001\u0002\0\u0001\0\u0001', ' 400 '],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', ' 505 | 400 '],
    ['no host', 'POST /A.B HTTP/1.1\r\n\r\n', ' 400 '],
    ['two lengths', `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`, ' 400 '],
    ['a broken chunk', `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, ' 400 '],
    ['a head that is too large', `${head}X: ${'x'.repeat(200_000)}\r\n\r\n`, ' 431 '],
    ['100,000 headers', `${head}${'a: b\r\n'.repeat(100_000)}\r\n`, ' 431 '],
    ['1 GB', `${head}Content-Length: 1000000000\r\n\r\n${'x'.repeat(100_000)}`, ' 413 '],
    ['invalid JSON', `${head}Content-Length: 1\r\n\r\n{`, ' 500 '],
    ['__proto__', `${head}__proto__: x\r\nContent-Length: 14\r\n\r\n{"name":"Ann"}`, ' 200 '],
    ['an upgrade to nonsense', `${upgrade}Upgrade: nonsense\r\n\r\n`, ' 200 '],
    ['frames of nonsense', `${upgrade}Upgrade: micro-frames\r\n\r\n${'x'.repeat(99)}`, ' 101 '],
    [
      'an upgrade by a page',
      `${upgrade}Origin: http://a\r\nUpgrade: micro-frames\r\n\r\n`,
      ' 403 ',
    ],
    ['a tunnel', 'CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example\r\n\r\n', ''],
  ])('that sends %s harms only itself', async (_name, bytes, status) => {
    const { port, served } = await victim();
    const socket = (await rawSocket(port)).write(bytes);
    if (status === '') await socket.closed;
    else await until(() => new RegExp(`^HTTP/1.1(${status})`).test(socket.text));
    await served();
  });

  it('that sends 10 MB is told before it has sent it all', async () => {
    const { port, served } = await victim();
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    afterwards(() => socket.destroy());
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = `100000\r\n${'x'.repeat(1_048_576)}\r\n`;
    for (let at = 0; at < 10 && text === ''; at++) {
      await new Promise((resolve) => socket.write(chunk, resolve));
    }
    await until(() => text.startsWith('HTTP/1.1 413'));
    await served();
  });

  it('that sends slowly is cut off in time', async () => {
    const { port, served } = await victim({ handshake: 300 });
    const silent = await rawSocket(port);
    const slow = (await rawSocket(port)).write(head);
    const drip = setInterval(() => slow.write('X: y\r\n'), 50);
    afterwards(() => clearInterval(drip));
    await Promise.all([silent.closed, slow.closed]);
    expect(slow.text).toMatch(/^HTTP\/1.1 408 /);
    await served();
  });

  it('that asks and never reads is not served without end', async () => {
    const body = Buffer.alloc(100_000, 32);
    let calls = 0;
    const exchange = async (message: Parameters<typeof greet>[0]) => (
      calls++,
      { ...message, body }
    );
    const { port } = await listen(exchange);
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    afterwards(() => socket.destroy());
    socket.pause();
    const request = `${head}Content-Length: 2\r\n\r\n{}`;
    for (let at = 0; at < 500; at++) socket.write(request.repeat(10));
    let before = -1;
    while (before !== calls) {
      before = calls;
      await pause(200);
    }
    expect(calls).toBeLessThan(1_500);
  });

  it('that opens 10,000 sockets costs little', async () => {
    const count = Math.min(10_000, (openFiles() - 1_000) / 2);
    // Some machines take 2 ms for a connection; all of them have to be open at once.
    const { port, served } = await victim({ handshake: 80_000 });
    const before = process.memoryUsage().rss;
    const sockets: Socket[] = [];
    afterwards(() => sockets.forEach((socket) => socket.destroy()));
    for (let at = 0; at < count; at += 100) {
      const some = Array.from({ length: 100 }, () => connect(port, '127.0.0.1'));
      sockets.push(...some);
      for (const socket of some) socket.on('error', () => undefined);
      await Promise.all(some.map((socket) => new Promise((done) => socket.once('connect', done))));
    }
    await served();
    expect(sockets.filter(({ readyState }) => readyState === 'open')).toHaveLength(count);
    // Both ends live in this process.
    const each = (process.memoryUsage().rss - before) / count / 1024;
    expect(each).toBeLessThan(60);
  }, 90_000);

  it('cannot name what it should not reach', async () => {
    const endpoints: string[] = [];
    const { port } = await listen(async ({ endpoint }) => {
      endpoints.push(endpoint);
      throw new MicroError('unimplemented', 'no such endpoint', { refused: true });
    });
    for (const path of ['/__proto__.constructor', '/constructor.prototype', '/Greeter.toString']) {
      const socket = await rawSocket(port);
      socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`);
      await socket.until('HTTP/1.1 501');
    }
    expect(endpoints).toHaveLength(3); // names are text here; core knows which of them exist
  });
});
