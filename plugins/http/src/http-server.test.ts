import { setTimeout as pause } from 'node:timers/promises';
import { metadata, MicroError, noMetadata } from '@micro-ts/interface';
import type { CallMessage, Exchange, Lifetime, Message } from '@micro-ts/interface';
import { until } from '@micro-ts/testing';
import { closeAll, gate, greet, listen, rawSocket } from './app.test.fixture.ts';
import type { RawSocket } from './app.test.fixture.ts';

afterEach(closeAll);

/** A request as text; `Host` and `Content-Length` come by themselves. */
function post(path: string, headers: Record<string, string>, body = '{"name":"Ann"}'): string {
  const all = {
    Host: '127.0.0.1',
    'Content-Type': 'application/json',
    ...headers,
    'Content-Length': String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${Buffer.from(body).toString('latin1')}`;
}

const statuses = (socket: RawSocket): string[] => socket.text.match(/HTTP\/1\.1 \d+/g) ?? [];

describe('an HTTP server of calls', () => {
  it('finds the endpoint in headers, in their older names, and in the path', async () => {
    const seen: CallMessage[] = [];
    const { port } = await listen(async (message) => {
      seen.push(message);
      return { ...message, metadata: noMetadata, body: new Uint8Array(0) };
    });
    const socket = await rawSocket(port);
    socket.write(post('/anything', { 'micro-endpoint': 'A.B', 'MICRO-SERVICE': 's' }));
    await socket.until('HTTP/1.1 200');
    socket.write(post('/', { 'Micro-Method': 'A.C' }));
    await socket.until('HTTP/1.1 200', 2);
    socket.write(post('/', { 'X-Micro-Endpoint': 'A.D' }));
    await socket.until('HTTP/1.1 200', 3);
    socket.write(post('/A.E?x=1', {}));
    await socket.until('HTTP/1.1 200', 4);
    socket.write(post('/gr%C3%BC%C3%9Fe/A.F', {}));
    await socket.until('HTTP/1.1 200', 5);
    expect(seen.map(({ service, endpoint }) => [service, endpoint])).toEqual([
      ['s', 'A.B'],
      ['', 'A.C'],
      ['', 'A.D'],
      ['', 'A.E'],
      ['grüße', 'A.F'],
    ]);
    expect(socket.text.match(/\r\n\r\n\{\}/g)).toHaveLength(5);
  });

  it('hands on what a request carries, and nothing that reaches a prototype', async () => {
    let seen: CallMessage | undefined;
    const { port } = await listen(async (message) => {
      seen = message;
      return message;
    });
    const socket = await rawSocket(port);
    const headers = {
      'X-Tenant': Buffer.from('größe ☃').toString('latin1'),
      'Micro-Trace-Id': '5',
      Authorization: 'Bearer x',
      ['__proto__']: 'polluted',
      constructor: 'c',
      Timeout: '2000000000',
      'Content-Type': 'Application/JSON; charset=utf-8',
    };
    socket.write(post('/A.B', headers));
    await socket.until('HTTP/1.1 200');
    expect(seen?.contentType).toBe('application/json');
    expect(Object.getPrototypeOf(seen?.metadata)).toBeNull();
    const { constructor, ...rest } = seen?.metadata as Record<string, string>;
    expect([rest, constructor]).toEqual([
      { 'x-tenant': 'größe ☃', authorization: 'Bearer x' },
      'c',
    ]);
    expect(seen?.lifetime.left).toBeGreaterThan(0);
    expect(seen?.lifetime.left).toBeLessThanOrEqual(2_000);
  });

  it('takes bodies in pieces, and requests one behind the other', async () => {
    const { port } = await listen(greet);
    const socket = await rawSocket(port);
    const chunked =
      'POST /A.B HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
      'Transfer-Encoding: chunked\r\n\r\n8\r\n{"name":\r\n6\r\n"Bea"}\r\n0\r\n\r\n';
    for (const piece of chunked.match(/[\s\S]{1,20}/g) ?? []) {
      socket.write(piece);
      await pause(1);
    }
    await socket.until('Hello Bea');
    socket.write(post('/A.B', {}) + post('/A.B', {}) + post('/A.B', {}));
    await socket.until('Hello Ann', 3);
  });

  it.each([
    ['an origin', post('/A.B', { Origin: 'http://evil.example' }), '403', 'allowedOrigins'],
    ['an unknown host', post('/A.B', { Host: 'rebound.example' }), '403', 'allowedHosts'],
    ['a path without endpoint', post('/', {}), '404', 'no endpoint'],
    ['a path that goes too deep', post('/a/b/C.D', {}), '404', 'no endpoint'],
    ['a broken escape in the path', post('/%zz', {}), '404', 'no endpoint'],
    ['a deadline that has passed', post('/A.B', { Timeout: '0' }), '504', 'too late'],
    ['a deadline that is no number', post('/A.B', { Timeout: '5s' }), '400', 'Timeout'],
    ['another method', post('/A.B', {}).replace('POST', 'PUT'), '405', 'POST'],
    ['GET', 'GET /A.B HTTP/1.1\r\nHost: localhost\r\n\r\n', '405', 'Allow: POST'],
    ['a stream of go-micro', post('/', { 'Micro-Stream': '3' }), '501', 'frames'],
  ])('refuses %s', async (_name, request, status, part) => {
    let calls = 0;
    const { port } = await listen(async (message) => (calls++, message));
    const socket = await rawSocket(port);
    socket.write(request);
    await socket.until('\r\n\r\n{');
    expect(socket.text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(socket.text).toContain(part);
    expect(socket.text).toContain('Micro-Error: {');
    expect(calls).toBe(0);
  });

  it('does not run a call whose deadline passes while it arrives', async () => {
    let calls = 0;
    const { port } = await listen(async (message) => (calls++, message));
    const socket = await rawSocket(port);
    const request = post('/A.B', { Timeout: '30000000' });
    socket.write(request.slice(0, -1));
    await pause(400); // far longer than the 30 ms, which begin when the head is read
    socket.write(request.slice(-1));
    expect(await socket.until('\r\n\r\n{')).toMatch(/^HTTP\/1.1 504 .*Micro-Refused: 1/s);
    expect(calls).toBe(0);
  });

  it('lets those in who are allowed to', async () => {
    const options = { allowedOrigins: ['https://App.example'], allowedHosts: ['greeter.svc'] };
    const { port } = await listen(greet, options);
    const socket = await rawSocket(port);
    socket.write(post('/A.B', { Origin: 'https://app.example', Host: 'greeter.svc:80' }));
    expect(await socket.until('Hello')).toContain(
      'Access-Control-Allow-Origin: https://app.example\r\nVary: Origin',
    );
    socket.write(
      'OPTIONS /A.B HTTP/1.1\r\nHost: [::1]:80\r\nOrigin: https://app.example\r\n' +
        'Access-Control-Request-Headers: content-type\r\n\r\n',
    );
    expect(await socket.until('Access-Control-Allow-Methods: POST')).toContain(
      'Access-Control-Allow-Headers: content-type',
    );
  });

  it('answers callers of go-micro with 200, whatever happens', async () => {
    const { port } = await listen(() =>
      Promise.reject(new MicroError('invalid_argument', 'nö', { details: [1], refused: true })),
    );
    const socket = await rawSocket(port);
    const native = { 'Micro-Endpoint': 'A.B', 'Micro-Service': 'greeter', 'Micro-Id': '9' };
    socket.write(post('/', native));
    const answer = await socket.until('\r\n\r\n');
    const error = Buffer.from(/\r\nMicro-Error: (.*)\r\n/.exec(answer)?.[1] ?? '', 'latin1');
    expect(JSON.parse(error.toString('utf8'))).toEqual({
      id: 'greeter',
      code: 400,
      detail: 'nö',
      status: 'Bad Request',
      name: 'invalid_argument',
      details: [1],
    });
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(answer).toContain('Micro-Id: 9\r\n');
    expect(answer).toContain('Micro-Refused: 1\r\n');
    expect(answer).toContain('Content-Length: 0\r\n');
    socket.write(post('/', { ...native, Timeout: '-1' }));
    await socket.until('HTTP/1.1 200', 2);
  });

  it('tells the handler when its caller hangs up', async () => {
    const lives: Lifetime[] = [];
    const { port } = await listen(async ({ lifetime }) => {
      lives.push(lifetime);
      return new Promise<Message>(() => undefined);
    });
    const [ends, breaks] = [await rawSocket(port), await rawSocket(port)];
    ends.write(post('/A.B', {}));
    breaks.write(post('/A.B', {}));
    await until(() => lives.length === 2);
    expect(lives.map(({ reason }) => reason)).toEqual([undefined, undefined]);
    ends.socket.end();
    breaks.socket.resetAndDestroy();
    await until(() => lives.every(({ reason }) => reason?.code === 'cancelled'));
  });

  it('streams lines no faster than they are read, and ends with the reader', async () => {
    let [made, left] = [0, false];
    const endless: Exchange = async ({ contentType }) => {
      const body = async function* (): AsyncGenerator<Uint8Array> {
        try {
          for (;;) yield Buffer.from(JSON.stringify({ n: made++, pad: 'x'.repeat(10_000) }));
        } finally {
          left = true;
        }
      };
      return { contentType, metadata: metadata({ zone: 'a' }), body: body() };
    };
    const { port } = await listen(endless);
    const socket = await rawSocket(port);
    socket.socket.pause();
    socket.write(post('/A.B', {}));
    let before = -1;
    while (before !== made || made === 0) {
      before = made;
      await pause(100);
    }
    expect(made).toBeLessThan(10_000); // what the two sockets hold, on any machine
    socket.socket.resume();
    await until(() => made > before + 100);
    expect(socket.text).toMatch(/^HTTP\/1.1 200 OK\r\nContent-Type: application\/x-ndjson\r\n/);
    socket.socket.destroy();
    await until(() => left);
  });

  it('shows that a stream broke', async () => {
    const broken: Exchange = async ({ contentType }) => {
      const body = async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.from('{"n":1}');
        throw new MicroError('data_loss', 'torn');
      };
      return { contentType, metadata: noMetadata, body: body() };
    };
    const { port } = await listen(broken);
    const socket = (await rawSocket(port)).write(post('/A.B', {}));
    await socket.closed;
    expect(socket.text).toContain('{"n":1}\n');
    expect(socket.text).toContain('{"error":{"id":"","code":500,"detail":"torn"');
    expect(socket.text).not.toMatch(/\r\n0\r\n/);
    const native = await rawSocket(port);
    native.write(post('/', { 'Micro-Endpoint': 'A.B' }));
    expect(await native.until('\r\n\r\n')).toContain('a stream needs frames');
  });

  it('refuses large bodies before it has read them, and goes on with the connection', async () => {
    const { port } = await listen(greet, {}, { messageBytes: 1_000 });
    const announced = await rawSocket(port);
    announced.write('POST /A.B HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n');
    announced.write('Content-Length: 1000000000\r\n\r\n');
    await announced.until('HTTP/1.1 413');
    await announced.closed;
    const chunked = await rawSocket(port);
    chunked.write('POST /A.B HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n');
    chunked.write(`Transfer-Encoding: chunked\r\n\r\n7d0\r\n${' '.repeat(2_000)}\r\n`);
    await chunked.until('HTTP/1.1 413');
    chunked.write('0\r\n\r\n').write(post('/A.B', {}));
    await chunked.until('Hello Ann');
    const asks = await rawSocket(port);
    asks.write('POST /A.B HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n');
    asks.write('Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n');
    await asks.until('HTTP/1.1 413');
    expect(statuses(asks)).toEqual(['HTTP/1.1 413']);
    const waits = await rawSocket(port);
    waits.write('POST /A.B HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n');
    waits.write('Content-Type: application/json\r\nContent-Length: 14\r\n\r\n');
    await waits.until('HTTP/1.1 100 Continue');
    waits.write('{"name":"Ann"}');
    await waits.until('Hello Ann');
  });

  it('bounds the calls of one connection', async () => {
    const hang = gate();
    let running = 0;
    const exchange: Exchange = async (message) => {
      running++;
      await hang.opened;
      return greet(message);
    };
    const { port } = await listen(exchange, {}, { callsPerConnection: 2 });
    const socket = (await rawSocket(port)).write(post('/A.B', {}).repeat(3));
    await until(() => running === 2); // all three came in one piece
    hang.open();
    await socket.until('HTTP/1.1 429');
    expect(statuses(socket)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 429']);
  });

  it('serves a POST that asks for another protocol, and asks late', async () => {
    const { port } = await listen(greet);
    const socket = await rawSocket(port);
    const h2c = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AA' };
    socket.write(post('/A.B', h2c));
    await socket.until('Hello Ann');
    socket.write(post('/A.B', h2c));
    await socket.until('Hello Ann', 2);
    socket.write('OPTIONS * HTTP/1.1\r\nHost: localhost\r\n');
    socket.write('Connection: Upgrade\r\nUpgrade: micro-frames\r\n\r\n');
    await socket.until('HTTP/1.1 200', 3);
    const slow = gate();
    const behind = await listen(async (message) => {
      await slow.opened;
      return greet(message);
    });
    const both = await rawSocket(behind.port);
    both.write(post('/A.B', {}) + post('/A.B', h2c));
    await pause(50);
    slow.open();
    await both.until('Hello Ann', 2);
    expect(statuses(both)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
  });

  it('listens at the first free port of a range, and says if there is none', async () => {
    const { port } = await listen(greet);
    const next = await listen(greet, {}, {}, `127.0.0.1:${port}-${port + 20}`);
    expect(next.port).toBeGreaterThan(port);
    const taken = listen(greet, {}, {}, `127.0.0.1:${port}`);
    await expect(taken).rejects.toMatchObject({ code: 'unavailable', message: /is taken/ });
    const nowhere = listen(greet, {}, {}, '203.0.113.1:0');
    await expect(nowhere).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('finishes what runs while it drains, and says that it goes', async () => {
    const slow = gate();
    let calls = 0;
    const listener = await listen(async (message) => {
      calls++;
      await slow.opened;
      return greet(message);
    });
    const native = { 'Micro-Endpoint': 'A.B' };
    const running = (await rawSocket(listener.port)).write(post('/', native));
    const idle = await rawSocket(listener.port);
    await until(() => calls === 1);
    let drained = false;
    const draining = listener.drain().then(() => (drained = true));
    await idle.closed;
    expect(idle.text).toMatch(/^HTTP\/1.1 408 [\s\S]*Micro-Refused: 1/);
    const late = (await rawSocket(listener.port)).write(post('/', native));
    await late.closed;
    expect(late.text).toMatch(/^HTTP\/1.1 200 [\s\S]*Micro-Refused: 1/);
    expect(late.text).toContain('Connection: close');
    expect(drained).toBe(false);
    slow.open();
    await draining;
    await running.closed;
    expect(running.text).toContain('Micro-Draining: 1');
    expect(running.text).toContain('Hello Ann');
  });
});
