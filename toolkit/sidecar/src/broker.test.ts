import { connect } from 'node:net';
import { Raw } from 'micro-ts';
import { openSocket } from './socket.test.fixture.ts';
import { afterwards, openApp, openSidecar, post, until, world } from './world.test.fixture.ts';

describe('/broker', () => {
  it('publishes what is posted, JSON as JSON, whatever curl calls it', async () => {
    const config = world();
    const { url } = await openSidecar(config);
    const app = await openApp(config);
    const heard: unknown[] = [];
    await app.subscribe('news', async (event) => void heard.push(event));
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await post(`${url}/broker?topic=news`, '{"n":1}', form);
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    await until('heard', () => heard.length === 1);
    expect(heard).toEqual([{ n: 1 }]);
  });

  it('publishes nothing as JSON that is none, by request or by frame', async () => {
    const config = world();
    const { url } = await openSidecar(config);
    const heard: unknown[] = [];
    const app = await openApp(config);
    const read = async (event: unknown): Promise<void> => void heard.push(event);
    await app.subscribe('news', read, { raw: true });
    const broken = await post(`${url}/broker?topic=news`, '{bad');
    const detail = 'the event is not JSON, which its content type says';
    expect([broken.status, await broken.json()]).toMatchObject([400, { detail }]);
    const packed = await post(`${url}/broker?topic=news`, '1', { 'content-encoding': 'gzip' });
    expect(packed.status).toBe(415);
    const typed = await openSocket(`${url}/broker?topic=news`, {
      'content-type': 'application/json; charset=utf-8',
    });
    typed.socket.send('{bad');
    expect(await typed.closed).toEqual({ code: 4400, reason: `invalid_argument: ${detail}` });
    const { socket } = await openSocket(`${url}/broker?topic=news`);
    for (const frame of ['{bad', '{"n":1}', Buffer.from([255])]) socket.send(frame);
    await until('the frames', () => heard.length === 3);
    await post(`${url}/broker?topic=news`, '');
    await until('heard', () => heard.length === 4);
    expect(heard).toEqual([
      new Raw('text/plain', Buffer.from('{bad')),
      new Raw('application/json', Buffer.from('{"n":1}')),
      new Raw('application/octet-stream', Buffer.from([255])),
      new Raw('application/json', Buffer.from('')),
    ]);
  });

  it('publishes again under the same id', async () => {
    const config = world();
    const { url } = await openSidecar(config);
    const app = await openApp(config);
    const ids: (string | undefined)[] = [];
    await app.subscribe('news', async (_, { metadata }) => void ids.push(metadata['micro-id']));
    for (const headers of [{}, { 'micro-id': 'order-7' }, { 'micro-id': 'order-7' }])
      await post(`${url}/broker?topic=news`, '{"n":1}', headers);
    await until('heard', () => ids.length === 3);
    expect(ids.slice(1)).toEqual(['order-7', 'order-7']);
    expect(ids[0]).toMatch(/^[\w-]{36}$/);
  });

  it('speaks over a web socket as it has since 2016', async () => {
    const config = world();
    const { url } = await openSidecar(config);
    const one = await openSocket(`${url}/broker?topic=news`);
    const other = await openSocket(`${url}/broker?topic=news`);
    one.socket.send('{"n":1}');
    await until('heard', () => one.frames.length === 1 && other.frames.length === 1);
    const frame = JSON.parse(other.frames[0] ?? '') as { Header: object; Body: string };
    expect(frame.Header).toMatchObject({
      'Content-Type': 'application/json',
      'Micro-Topic': 'news',
    });
    expect(Buffer.from(frame.Body, 'base64').toString()).toBe('{"n":1}');
  });

  it('gives JSON as it stands, and other bytes as base64, to those who ask for it', async () => {
    const config = world();
    const { url } = await openSidecar(config);
    const { socket, frames } = await openSocket(`${url}/broker?topic=news&format=json`);
    for (const frame of ['{"n": 12345678901234567890}', Buffer.from([255, 0])]) socket.send(frame);
    await until('heard', () => frames.length === 2);
    expect(frames[0]).toContain('"body":{"n": 12345678901234567890}}');
    expect(JSON.parse(frames[1] ?? '')).toMatchObject({
      ...{ topic: 'news', contentType: 'application/octet-stream', base64: '/wA=' },
    });
  });

  it('shares the events of a queue', async () => {
    const config = world();
    const { url } = await openSidecar(config);
    const sockets = [1, 2].map(() => openSocket(`${url}/broker?topic=news&queue=q`));
    const [one, other] = await Promise.all(sockets);
    const app = await openApp(config);
    for (let n = 0; n < 20; n++) await app.publish('news', { n });
    const both = () => (one?.frames.length ?? 0) + (other?.frames.length ?? 0);
    await until('heard', () => both() === 20);
    expect(one?.frames.length).toBeLessThan(20);
  });

  it('sends events to those who only listen', async () => {
    const config = world();
    const { url } = await openSidecar(config);
    const leave = new AbortController();
    afterwards(() => leave.abort());
    const answer = await fetch(`${url}/broker?topic=news`, { signal: leave.signal });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    await (
      await openApp(config)
    ).publish('news', new Raw('application/json', Buffer.from('{"n":1}')));
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes('data: ')) break;
    }
    expect(text).toMatch(/\nid: \S+\ndata: {"topic":"news",.*"body":{"n":1}}\n\n/);
  });

  it.each([
    ['?topic=', 400, 'Topic not specified'],
    ['', 400, 'Topic not specified'],
    ['?topic=a%0ab', 400, 'a topic or queue is no fit name'],
    ['?topic=a&delivery=maybe', 400, 'delivery: should be at-most-once or at-least-once'],
    ['?topic=a&format=nope', 400, 'format: should be envelope or json'],
    ['?topic=a&attempts=0', 400, 'attempts: should be a number from 1 to 1000'],
    ['?topic=a&concurrency=1e9', 400, 'concurrency: should be a number from 1 to 256'],
    ['?topic=a&timeout=0s', 400, 'timeout: should be a duration from 1s to 24h, such as 10s'],
  ])('refuses /broker%s, and that before the upgrade', async (query, status, detail) => {
    const { url } = await openSidecar(world());
    for (const answer of [
      await fetch(`${url}/broker${query}`),
      await post(`${url}/broker${query}`, {}),
    ])
      expect([answer.status, await answer.json()]).toMatchObject([status, { detail }]);
    await expect(openSocket(`${url}/broker${query}`)).rejects.toThrow(String(status));
  });

  it('keeps the order of a key for what a web socket publishes too', async () => {
    const { url } = await openSidecar(world());
    const { socket, frames } = await openSocket(`${url}/broker?topic=news&format=json&key=k`);
    for (let n = 0; n < 20; n++) socket.send(`{"n":${n}}`);
    await until('heard', () => frames.length === 20);
    const order = frames.map((frame) => (JSON.parse(frame) as { body: { n: number } }).body.n);
    expect(order).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  it('bounds sockets and frames', async () => {
    const { url } = await openSidecar(world(), { sockets: 1, bodyLimit: 1_000 });
    const { socket, closed } = await openSocket(`${url}/broker?topic=news`);
    await expect(openSocket(`${url}/broker?topic=news`)).rejects.toThrow('429');
    socket.send('x'.repeat(1_001));
    expect((await closed).code).toBe(1009);
    await until('left', async () => {
      const again = await openSocket(`${url}/broker?topic=news`).catch(() => undefined);
      return again !== undefined;
    });
    expect((await post(`${url}/broker?topic=news`, 'x'.repeat(1_001))).status).toBe(413);
  });

  it('lets go of a socket that sends what is no frame, and of no other', async () => {
    const { url } = await openSidecar(world());
    const one = await openSocket(`${url}/broker?topic=news`);
    const other = await openSocket(`${url}/broker?topic=news`);
    const { port } = new URL(url);
    const raw = connect(Number(port), '127.0.0.1');
    const key = Buffer.alloc(16).toString('base64');
    const head = ['GET /broker?topic=news HTTP/1.1', 'Host: localhost', 'Connection: Upgrade'];
    const own = ['Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${key}`];
    raw.write(`${[...head, ...own].join('\r\n')}\r\n\r\n`);
    const ended = new Promise((resolve) => raw.once('close', resolve));
    await new Promise((resolve) => raw.once('data', resolve));
    raw.resume().write(Buffer.alloc(1_000, 0xff));
    await ended;
    one.socket.send('1');
    await until('heard', () => other.frames.length === 1);
  });

  it('tells its sockets when it goes', async () => {
    const { url, sidecar } = await openSidecar(world());
    const { closed } = await openSocket(`${url}/broker?topic=news`);
    await sidecar.close();
    expect((await closed).code).toBe(1001);
  });
});
