import { until } from '@micro-ts/testing';
import { openWorld, seen } from './world.test.fixture.ts';
import type { World } from './world.test.fixture.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({
    bodyLimit: 10_000,
    headerLimit: 8_192,
    uploadTimeout: 2_000,
    unreadTimeout: 700,
  });
});
afterAll(() => world.close());

const host = 'Host: localhost\r\n';
const json = 'Content-Type: application/json\r\n';
const close = 'Connection: close\r\n';
const path = '/greeter/hello';
const statuses = (text: string): readonly number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

describe('bytes that two readers could understand differently', () => {
  const smuggled = `GET /greeter/hello?name=smuggled HTTP/1.1\r\n${host}\r\n`;
  it.each([
    [
      'both lengths',
      `${json}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'both lengths, the other way round',
      `Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'both lengths, and another protocol',
      `Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    ['two lengths', `Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}${smuggled}`],
    ['the same length twice', `Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}${smuggled}`],
    ['a list of lengths', `Content-Length: 2, 40\r\n\r\n{}${smuggled}`],
    ['a length with a sign', `Content-Length: +2\r\n\r\n{}${smuggled}`],
    ['a negative length', `Content-Length: -2\r\n\r\n{}${smuggled}`],
    ['an unknown encoding', `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['chunked twice', `Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    [
      'chunked that is not last',
      `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    ['a space before the colon', `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['a folded header', `Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['a bare CR in a header', `X-A: b\rContent-Length: 40\r\n\r\n${smuggled}`],
    ['a bare LF in a header', `X-A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['a NUL in a header', `X-A: b\0c\r\n\r\n${smuggled}`],
    ['a chunk size that is no number', `Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n${smuggled}`],
    [
      'a chunk size beyond all',
      `Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n${smuggled}`,
    ],
  ])('%s', async (_name, rest) => {
    const text = await world.raw(`POST ${path} HTTP/1.1\r\n${host}${rest}`);
    expect(statuses(text)).toEqual([400]);
    expect(text).not.toContain('smuggled');
  });

  it('a bare LF at the end of every line', async () => {
    const text = await world.raw(`GET ${path}?name=x HTTP/1.1\nHost: localhost\n\n${smuggled}`);
    expect(statuses(text)).toEqual([400]);
  });

  it('another protocol, asked for behind a request that is not answered yet', async () => {
    const first = `GET ${path}?name=first HTTP/1.1\r\n${host}\r\n`;
    for (const method of ['GET', 'POST']) {
      const upgrade = 'Connection: Upgrade\r\nUpgrade: x\r\n';
      await world.raw(`${first}${method} ${path} HTTP/1.1\r\n${host}${upgrade}\r\n`);
    }
    expect((await fetch(`${world.url}${path}?name=x`)).status).toBe(200);
  });

  it('no Host, or two', async () => {
    expect(statuses(await world.raw(`GET ${path} HTTP/1.1\r\n${close}\r\n`))).toEqual([400]);
    const two = await world.raw(`GET ${path} HTTP/1.1\r\n${host}Host: other\r\n${close}\r\n`);
    expect(statuses(two)).not.toEqual([200]);
  });

  it('an Upgrade that hides a second request', async () => {
    for (const [method, length] of [
      ['GET', ''],
      ['POST', 'Content-Length: 0\r\n'],
    ] as const) {
      const headers = `${host}Connection: Upgrade\r\nUpgrade: h2c\r\n${length}`;
      const text = await world.raw(`${method} ${path} HTTP/1.1\r\n${headers}\r\n${smuggled}`);
      expect(text).not.toContain('Hello smuggled');
    }
  });
});

describe('paths that climb or hide', () => {
  it.each([
    '/greeter/../greeter/hello',
    '/greeter/%2e%2e/hello',
    '/greeter%2fhello',
    '/greeter%5chello',
    '/greeter/hello%00',
    '/greeter/%zz',
    '/greeter/%c0%ae%c0%ae/hello',
    '/./greeter/hello',
    `/${'a/'.repeat(100)}b`,
  ])('%s', async (bad) => {
    const text = await world.raw(`GET ${bad} HTTP/1.1\r\n${host}${close}\r\n`);
    expect([400, 404]).toContain(statuses(text)[0]);
    expect(text).not.toContain('Hello');
  });

  it.each([
    '//greeter/hello',
    '/__proto__/constructor',
    '/greeter/constructor',
    '/greeter/__proto__',
  ])('%s is nothing', async (bad) => {
    const text = await world.raw(`GET ${bad} HTTP/1.1\r\n${host}${close}\r\n`);
    expect(statuses(text)).toEqual([404]);
  });
});

describe('too much', () => {
  it('of a query or of headers is 431', async () => {
    const query = await world.raw(`GET ${path}?a=${'x'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`);
    expect(statuses(query)).toEqual([431]);
    const headers = `X-A: ${'y'.repeat(500)}\r\n`.repeat(40);
    expect(statuses(await world.raw(`GET ${path} HTTP/1.1\r\n${host}${headers}\r\n`))).toEqual([
      431,
    ]);
  });

  it('of fields is refused and not worked through', async () => {
    const query = Array.from({ length: 1_800 }, (_, at) => `a${at}=`).join('&');
    const began = performance.now();
    const deep = `a${'[b]'.repeat(1_000)}=1`;
    for (const each of [query.slice(0, 7_000), deep]) {
      const text = await world.raw(`GET ${path}?${each} HTTP/1.1\r\n${host}${close}\r\n`);
      expect([200, 400]).toContain(statuses(text)[0]);
    }
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('of a body is 413, said or not', async () => {
    const said = `POST ${path} HTTP/1.1\r\n${host}${json}Content-Length: 20000\r\n\r\n`;
    expect(statuses(await world.raw(said, 100, 'x'.repeat(20_000)))[0]).toBe(413);
    const chunk = `2000\r\n${'x'.repeat(0x2000)}\r\n`;
    const chunked = `POST ${path} HTTP/1.1\r\n${host}${json}Transfer-Encoding: chunked\r\n\r\n`;
    expect(statuses(await world.raw(chunked, chunk, chunk))[0]).toBe(413);
  });

  it('of depth in JSON is refused, and the gateway lives', async () => {
    const body = '{"a":'.repeat(1_600) + '1' + '}'.repeat(1_600);
    const head = `POST ${path} HTTP/1.1\r\n${host}${json}${close}Content-Length: ${body.length}\r\n\r\n`;
    expect([200, 400]).toContain(statuses(await world.raw(head + body))[0]);
    expect((await fetch(`${world.url}/health`)).status).toBe(200);
  });
});

describe('clients that take their time', () => {
  it('a head that does not end is 408', async () => {
    expect(statuses(await world.raw(`GET ${path} HTTP/1.1\r\nHost: lo`))).toEqual([408]);
  });

  it('a body that does not end is 408, and no handler runs', async () => {
    const head = `POST ${path} HTTP/1.1\r\n${host}${json}Content-Length: 50\r\n\r\n`;
    expect(statuses(await world.raw(head, '{"name":', 200, '"slow'))).toEqual([408]);
  });

  it('an answer that nobody reads is dropped with its connection', async () => {
    const { connect } = await import('node:net');
    const [name = '', port] = world.gateway.address.split(':');
    const socket = connect(Number(port), name);
    socket.pause();
    const body = '{"size":3000000}';
    const one = `POST /greeter/large HTTP/1.1\r\n${host}${json}Content-Length: ${body.length}\r\n\r\n${body}`;
    socket.write(one.repeat(8));
    let gone = false;
    socket.on('close', () => (gone = true)).on('error', () => undefined);
    const running = async (): Promise<number> => {
      const stats = await (await fetch(`${world.url}/stats`)).json();
      return (stats as { requests: { in_flight: number } }).requests.in_flight;
    };
    await until(async () => (await running()) > 1);
    await until(async () => (await running()) === 1); // that is the one which asks
    socket.resume();
    await until(() => gone);
    expect(socket.bytesRead).toBeLessThan(8 * 3_000_000);
  }, 60_000);

  it('a client that leaves ends its call', async () => {
    const before = { ...seen };
    const { connect } = await import('node:net');
    const [name = '', port] = world.gateway.address.split(':');
    const socket = connect(Number(port), name);
    socket.write(`GET /greeter/sleep HTTP/1.1\r\n${host}\r\n`);
    await until(() => seen.asleep > before.asleep);
    socket.destroy();
    await until(() => seen.aborted > before.aborted);
  });
});

describe('JSON that is none', () => {
  it.each(['{', '[]', '1', 'null', '"x"', '{"a":}', '{"a":1}{"b":2}', '\ufeff{}', '\xff\xfe'])(
    '%j is 400',
    async (body) => {
      const bytes = Buffer.from(body, 'latin1');
      const head = `POST ${path} HTTP/1.1\r\n${host}${json}${close}Content-Length: ${bytes.length}\r\n\r\n`;
      expect(statuses(await world.raw(head + body))).toEqual([400]);
    },
  );
});
