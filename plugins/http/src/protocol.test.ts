import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { defaultLimits, Lifetime, metadata, MicroError, noMetadata } from '@micro-ts/interface';
import type { Delivery, Exchange } from '@micro-ts/interface';
import { Admission } from './admission.ts';
import { afterwards, call, closeAll, connectTo, greet, json } from './app.test.fixture.ts';
import { listen, plain, rawSocket } from './app.test.fixture.ts';
import { Backlog } from '@micro-ts/delivery';
import { until } from '@micro-ts/testing';
import { EventServer } from './event-server.ts';

afterEach(closeAll);

interface Example {
  readonly info: string;
  /** As on the wire, one character a byte. */
  readonly bytes: string;
}

/** The examples of the chapter about HTTP, as the bytes that they stand for. */
function readExamples(): Example[] {
  const text = readFileSync(join(__dirname, '../../../docs/protocol.md'), 'utf8');
  const chapter = text.slice(text.indexOf('\n## HTTP\n') + 1).split('\n## ')[0] ?? '';
  return [...chapter.matchAll(/^```http *(.*)\n([\s\S]*?)^```/gm)].map((match) => {
    const [, info = '', block = ''] = match;
    const end = block.indexOf('\n\n');
    const head = `${block.slice(0, end).replaceAll('\n', '\r\n')}\r\n\r\n`;
    const bytes = Buffer.from(head + block.slice(end + 2, -1), 'utf8').toString('latin1');
    return { info, bytes };
  });
}

const examples = readExamples();
const isRequest = ({ bytes }: Example): boolean => /^(POST|OPTIONS) /.test(bytes);

/** Requests with the answers behind them. */
const pairs = examples.flatMap((request, at) => {
  const answer = examples[at + 1];
  return isRequest(request) && answer
    ? [{ request: request.bytes, answer, info: request.info }]
    : [];
});

const service: Exchange = async (message) => {
  const { endpoint, contentType } = message;
  if (endpoint === 'Greeter.Hello') return greet(message);
  if (endpoint !== 'Greeter.Countdown') {
    throw new MicroError('not_found', 'no user Jörg', { origin: 'greeter' });
  }
  const body = async function* (): AsyncGenerator<Uint8Array> {
    for (const n of [2, 1]) yield Buffer.from(`{"n":${n}}`);
  };
  return { contentType, metadata: noMetadata, body: body() };
};

/** Documents cannot show where chunks end. */
const shown = (bytes: string): string =>
  (bytes.includes('chunked') ? bytes.replaceAll('\r\n', '\n') : bytes).trimEnd();

describe('the examples of docs/protocol.md', () => {
  it('are there', () => {
    expect(pairs.length).toBeGreaterThanOrEqual(7);
    expect(examples.length).toBe(pairs.length * 2 + 1);
  });

  const calls = pairs.filter(({ info }) => info === '');
  it.each(calls.map(({ request, answer }) => [request.split('\r\n')[0], request, answer.bytes]))(
    'hold for %s',
    async (_line, request = '', answer = '') => {
      const { port } = await listen(service);
      const socket = (await rawSocket(port)).write(request);
      const end = shown(answer).slice(-20);
      await until(() => shown(socket.text).includes(end));
      // What follows a 101 is frames.
      expect(shown(socket.text).slice(0, shown(answer).length)).toBe(shown(answer));
      if (!answer.startsWith('HTTP/1.1 101')) expect(shown(socket.text)).toBe(shown(answer));
    },
  );

  it('hold for an event', async () => {
    const pair = pairs.find(({ info }) => info === 'event');
    const deliveries: Delivery[] = [];
    const limits = { concurrency: 1, events: 1, bytes: 1, waiting: 1 };
    const handler = async (delivery: Delivery): Promise<void> => void deliveries.push(delivery);
    const target = { topic: 'user.created', backlog: new Backlog(handler, limits) };
    const targets = new Map([['user.created-6ba7b810', target]]);
    const settings = { limits: defaultLimits, tls: undefined };
    const admission = new Admission([], []);
    const server = await EventServer.open('127.0.0.1:0', targets, admission, settings);
    afterwards(() => server.close());
    const socket = await rawSocket(Number(server.address.split(':')[1]));
    socket.write(pair?.request ?? '');
    expect(await socket.until('\r\n\r\n')).toBe(pair?.answer.bytes);
    await until(() => deliveries.length === 1);
    expect(Buffer.from(deliveries[0]?.body ?? []).toString()).toBe('{"name":"Ann"}');
  });

  it('hold for an idle connection when the node drains', async () => {
    const example = examples.find(({ info }) => info === 'answer-only');
    const listener = await listen(service);
    const socket = (await rawSocket(listener.port)).write(calls[0]?.request ?? '');
    const before = calls[0]?.answer.bytes ?? '';
    await until(() => socket.text === before);
    await listener.drain();
    await socket.closed;
    expect(socket.text.slice(before.length)).toBe(example?.bytes);
  });
});

describe('the client', () => {
  /** A server that answers each request with these bytes, and keeps what it read. */
  async function server(answer: string): Promise<{ address: string; read: string[] }> {
    const read: string[] = [];
    const tcp = createServer((socket: Socket) => {
      afterwards(() => socket.destroy());
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        read.push(chunk.toString('latin1'));
        socket.write(answer, 'latin1');
      });
    });
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    afterwards(() => tcp.close());
    return { address: `127.0.0.1:${(tcp.address() as AddressInfo).port}`, read };
  }

  const answered = (body: string, headers = ''): string =>
    `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

  it('writes what go-micro writes', async () => {
    const { address, read } = await server(answered('{}'));
    const connection = await connectTo({ address, metadata: plain });
    const own = metadata({ 'x-tenant': 'größe', timeout: '1', 'micro-topic': 'never' });
    const lifetime = new Lifetime(performance.now() + 5_000);
    await connection.exchange(call({ name: 'Ann' }, { metadata: own, attempt: 2, lifetime }));
    const [head = '', body] = (read.join('') ?? '').split('\r\n\r\n');
    const [line, ...headers] = head.split('\r\n');
    expect([line, body]).toEqual(['POST / HTTP/1.1', '{"name":"Ann"}']);
    const known = new Map(headers.map((header) => header.split(': ', 2) as [string, string]));
    expect(known.get('Timeout')).toMatch(/^[34]\d{9}$/);
    for (const name of ['Timeout', 'connection']) known.delete(name);
    expect(Object.fromEntries(known)).toEqual({
      host: address,
      'Content-Type': 'application/json',
      'Micro-Endpoint': 'Greeter.Hello',
      'Micro-Service': 'greeter',
      'Micro-Attempt': '2',
      'x-tenant': Buffer.from('größe').toString('latin1'),
      'content-length': '14',
    });
  });

  it('reads what go-micro answers, and believes nothing that it echoes', async () => {
    const echoed =
      'Accept: application/json\r\nMicro-Endpoint: Greeter.Hello\r\nTimeout: 5000000000\r\n' +
      'User-Agent: Go-http-client/1.1\r\nX-Tenant: of another call\r\n';
    const { address } = await server(
      answered('{"msg":"Hi"}\n', `${echoed}Content-Type: application/json\r\n`),
    );
    const connection = await connectTo({ address, metadata: plain });
    const answer = await connection.exchange(call({}));
    expect(json(answer)).toEqual({ msg: 'Hi' });
    expect({ ...answer.metadata }).toEqual({});
  });

  it.each([
    [
      'an error in Micro-Error',
      answered(
        '',
        'Micro-Error: {"id":"greeter","code":404,"detail":"no such Bob","status":"x"}\r\n',
      ),
      { code: 'not_found', message: 'no such Bob', origin: 'greeter', refused: false },
    ],
    [
      'an error that is text',
      answered('', 'X-Micro-Error: EOF\r\n'),
      { code: 'unknown', message: 'EOF' },
    ],
    [
      'a content type that Go does not know',
      answered('unsupported Content-Type: a/b', 'Content-Type: text/plain; charset=utf-8\r\n'),
      { code: 'unimplemented', message: expect.stringContaining('unsupported') as unknown },
    ],
    [
      'a proxy that reaches nobody',
      'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\nnope',
      { code: 'unavailable', message: '502 Bad Gateway: nope', refused: false },
    ],
    [
      'a refusal',
      answered('', 'Micro-Refused: 1\r\nMicro-Error: {"code":503,"detail":"go away"}\r\n'),
      { code: 'unavailable', refused: true },
    ],
    ['no HTTP', '\0\0\0\0\0\0\0\0\r\n\r\n', { code: 'unavailable', refused: false }],
    [
      'an endless head',
      `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`,
      { code: 'resource_exhausted', refused: false },
    ],
    [
      'an announced body that is too large',
      'HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n',
      { code: 'resource_exhausted' },
    ],
  ])('takes %s for what it is', async (_name, bytes, expected) => {
    const { address } = await server(bytes);
    const connection = await connectTo({ address, metadata: plain });
    await expect(connection.exchange(call({}))).rejects.toMatchObject(expected);
  });
});
