import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { defaultLimits, Lifetime, metadata, MicroError, noMetadata } from '@micro-ts/interface';
import type { CallMessage, Exchange, Message } from '@micro-ts/interface';
import { acceptFrames } from './accept-frames.ts';
import { connectFrames } from './connect-frames.ts';
import { call, closeAll, failure, sockets } from './loopback.test.fixture.ts';
import { streamOf, text, texts, until } from './loopback.test.fixture.ts';

afterEach(() => {
  jest.restoreAllMocks();
  closeAll();
});

const source = readFileSync(join(__dirname, '../../../docs/protocol.md'), 'utf8');

/** The examples, by what stands in their first line. */
const examples = new Map<string, Buffer>();
for (const [, block = ''] of source.matchAll(/^```hex\n([\s\S]*?)^```$/gm)) {
  const [title = '', ...lines] = block.split('\n');
  const hex = lines.map((line) => line.split(/ {2,}/)[0]).join('');
  examples.set(title.replace('# ', ''), Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}
const used = new Set<string>();

function example(...titles: string[]): Buffer {
  const parts = titles.map((title) => {
    const bytes = examples.get(title);
    if (bytes === undefined) throw new Error(`there is no example "${title}"`);
    used.add(title);
    return bytes;
  });
  return Buffer.concat(parts);
}

/** All that a socket is sent. */
function listen(socket: Duplex): () => Buffer {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
  return () => Buffer.concat(chunks);
}

/** What was sent is exactly this, in the end. */
async function expectBytes(heard: () => Buffer, wanted: Buffer): Promise<void> {
  await until(() => heard().length >= wanted.length).catch(() => undefined);
  await pause(10);
  expect(heard().toString('hex')).toBe(wanted.toString('hex'));
}

const limits = defaultLimits;
const node = 'greeter-1';
const answerOf = (body: Message['body']): Message => ({
  contentType: 'application/json',
  metadata: noMetadata,
  body,
});
const name = '{"name":"John"}';
const tenant = { lifetime: new Lifetime(), metadata: metadata({ 'X-Tenant': 'acme' }), attempt: 2 };

it('the frames of a client are those of the document', async () => {
  const { client, server } = await sockets();
  const heard = listen(server);
  const connection = connectFrames(client, { limits, node });
  // The clock stands still until the frame has left.
  const clock = jest.spyOn(performance, 'now').mockReturnValue(1_000);
  const lifetime = new Lifetime(6_000);
  const first = connection.exchange(call(name, { lifetime }));
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  clock.mockRestore();
  const hello = example('client: SETTINGS', 'client: DEFINE', 'client: CALL');
  await expectBytes(heard, hello);
  server.write(example('server: SETTINGS', 'server: answer'));
  expect(text((await first).body)).toBe('{"msg":"Hello John"}');

  const second = failure(connection.exchange(call(Buffer.alloc(0), tenant)));
  const third = connection.exchange(call(streamOf('1'), { lifetime: new Lifetime() }));
  const stream = ['client: CALL of a stream', 'client: message', 'client: end of a stream'];
  const more = Buffer.concat([hello, example('client: CALL with metadata', ...stream)]);
  await expectBytes(heard, more);
  server.write(example('server: answer that is a stream'));
  expect(await texts((await third).body)).toEqual(['2']);
  void connection.close();
  await second;
});

it('the frames of a server are those of the document', async () => {
  const { client, server } = await sockets();
  const heard = listen(client);
  const calls: CallMessage[] = [];
  const exchange: Exchange = async (message) => {
    calls.push(message);
    if (!(message.body instanceof Uint8Array)) return answerOf(streamOf('2'));
    if (message.body.length > 0) return answerOf(Buffer.from('{"msg":"Hello John"}'));
    return new Promise(() => undefined);
  };
  const accepted = acceptFrames(server, exchange, { limits, node: () => node });
  client.write(example('client: SETTINGS', 'client: DEFINE', 'client: CALL'));
  const first = example('server: SETTINGS', 'server: answer');
  await expectBytes(heard, first);
  expect(calls[0]).toMatchObject({ service: 'greeter', endpoint: 'Greeter.Hello', attempt: 1 });
  expect(text(calls[0]!.body)).toBe(name);
  client.write(example('client: CALL with metadata'));
  await until(() => calls.length === 2);
  expect({ ...calls[1]!.metadata }).toEqual({ 'x-tenant': 'acme' });
  expect([calls[1]!.attempt, calls[1]!.lifetime.left]).toEqual([2, Infinity]);
  client.write(example('client: CALL of a stream', 'client: message', 'client: end of a stream'));
  const second = Buffer.concat([first, example('server: answer that is a stream')]);
  await expectBytes(heard, second);
  client.write(example('client: PING'));
  await expectBytes(heard, Buffer.concat([second, example('server: ACK')]));
  await accepted.close();
});

it('errors, cancels and the end are those of the document', async () => {
  const ends = await sockets();
  const heard = listen(ends.client);
  const refuse: Exchange = async () => {
    throw new MicroError('unavailable', 'busy', { refused: true });
  };
  const server = acceptFrames(ends.server, refuse, { limits, node: () => node });
  ends.client.write(example('client: SETTINGS', 'client: DEFINE', 'client: CALL'));
  const refused = example('server: SETTINGS', 'server: ERROR');
  await expectBytes(heard, refused);
  void server.drain();
  await expectBytes(heard, Buffer.concat([refused, example('server: GOAWAY')]));

  const other = await sockets();
  const lifetimes: Lifetime[] = [];
  const stay: Exchange = ({ lifetime }) => {
    lifetimes.push(lifetime);
    return new Promise(() => undefined);
  };
  acceptFrames(other.server, stay, { limits });
  other.client.write(example('client: SETTINGS', 'client: DEFINE', 'client: CALL'));
  await until(() => lifetimes.length === 1);
  other.client.write(example('client: CREDIT', 'client: CANCEL'));
  await until(() => lifetimes[0]!.reason !== undefined);
  expect(lifetimes[0]!.reason).toMatchObject({ code: 'cancelled' });
});

it('credit, cancels and pings of a client are those of the document', async () => {
  const { client, server } = await sockets();
  const heard = listen(server);
  const connection = connectFrames(client, { limits, node });
  const lifetime = new Lifetime();
  const answer = connection.exchange(call(name, { lifetime }));
  await until(() => heard().length > 0);
  const message = Buffer.alloc(9 + 65_536);
  message.set(Buffer.from('010000030000000001', 'hex'));
  server.write(example('server: SETTINGS'));
  server.write(Buffer.from('000000030800000001', 'hex'));
  server.write(Buffer.concat([message, message]));
  const body = (await answer).body as AsyncIterable<Uint8Array>;
  const reader = body[Symbol.asyncIterator]();
  await reader.next();
  await reader.next();
  await until(() => heard().includes(example('client: CREDIT')));
  lifetime.end(new MicroError('cancelled', 'enough'));
  await until(() => heard().includes(example('client: CANCEL')));
  void failure(connection.exchange(call('', { lifetime: new Lifetime() })));
  await until(() => heard().includes(example('client: PING')));
  await connection.close();
});

it('no example is left out', () => {
  expect([...used].sort()).toEqual([...examples.keys()].sort());
});
