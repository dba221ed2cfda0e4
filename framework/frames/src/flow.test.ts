import { setTimeout as pause } from 'node:timers/promises';
import { Lifetime, noMetadata } from '@micro-ts/interface';
import { defaultLimits, MicroError } from '@micro-ts/interface';
import type { Exchange, Message } from '@micro-ts/interface';
import { acceptFrames } from './accept-frames.ts';
import { connectFrames } from './connect-frames.ts';
import { call, closeAll, failure, pair, sockets } from './loopback.test.fixture.ts';
import { texts, until } from './loopback.test.fixture.ts';
import { callPayload, definePayload, frame, RawPeer, u32 } from './raw-peer.test.fixture.ts';
import { flag, frameType } from './frame.ts';

afterEach(closeAll);

const limits = defaultLimits;
const answer = (body: Message['body']): Message => ({
  contentType: 'application/json',
  metadata: noMetadata,
  body,
});
const echo: Exchange = async ({ body }) => answer(body);

/** A source that counts what is pulled from it, until its end. */
function counted(
  total: number,
  make: (n: number) => Uint8Array,
): { body: AsyncIterableIterator<Uint8Array>; pulled: () => number } {
  let pulled = 0;
  const body: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]: () => body,
    next: async () =>
      pulled < total
        ? { done: false, value: make(pulled++) }
        : { done: true as const, value: undefined },
  };
  return { body, pulled: () => pulled };
}

/** So many are pulled, and no more. */
async function stopsAt(pulled: () => number, wanted: number): Promise<void> {
  await until(() => pulled() >= wanted);
  await pause(100);
  expect(pulled()).toBe(wanted);
}

const source = (body: Message['body']): AsyncIterator<Uint8Array> =>
  (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();

describe('a reader that stands still', () => {
  it('stops a server at the window of the client', async () => {
    const stream = counted(1_000_000, () => Buffer.alloc(32));
    const { connection } = await pair(async () => answer(stream.body));
    const { body } = await connection.exchange(call('', { lifetime: new Lifetime() }));
    const stopped = Math.ceil(262_144 / 41); // 256 KiB, 41 bytes a message
    await stopsAt(stream.pulled, stopped);
    const reader = source(body);
    for (let i = 0; i < 1_000; i++) await reader.next();
    await pause(30);
    expect(stream.pulled()).toBe(stopped);
    for (let i = 0; i < 3_000; i++) await reader.next();
    await until(() => stream.pulled() > stopped);
    await reader.return?.();
  });

  it('stops a client at the window of the server', async () => {
    const stream = counted(1_000_000, () => Buffer.alloc(32));
    const { connection } = await pair(() => new Promise(() => undefined));
    const lifetime = new Lifetime();
    const done = failure(connection.exchange(call(stream.body, { lifetime })));
    await stopsAt(stream.pulled, Math.ceil(65_536 / 41));
    lifetime.end(new MicroError('cancelled', 'enough'));
    await done;
  });

  it('is sent empty messages within the window, too', async () => {
    const stream = counted(1_000_000, () => Buffer.alloc(0));
    const { connection } = await pair(async () => answer(stream.body));
    await connection.exchange(call('', { lifetime: new Lifetime() }));
    await stopsAt(stream.pulled, Math.ceil(262_144 / 9));
  });

  it('of 100 MB does not make the server grow', async () => {
    const size = 1_024;
    const stream = counted(100_000, () => Buffer.alloc(size));
    const { connection } = await pair(async () => answer(stream.body));
    const { body } = await connection.exchange(call('', { lifetime: new Lifetime() }));
    const reader = source(body);
    await reader.next();
    let [rest, most] = [1, 0];
    for (;;) {
      if (rest % 20_000 === 0) await pause(20);
      const { done, value } = await reader.next();
      if (done) break;
      if ((value as Uint8Array).length !== size) throw new Error('cut');
      most = Math.max(most, stream.pulled() - rest++);
    }
    expect(rest).toBe(100_000);
    expect(most).toBeLessThan(600); // two windows: what has been read is told in parts
  });
});

describe('large messages', () => {
  const large = Buffer.alloc(4_000_000);
  for (let i = 0; i < large.length; i++) large[i] = i % 251;

  it('arrive whole, as values and in streams', async () => {
    const { connection } = await pair(echo);
    const value = await connection.exchange(call(large));
    expect(Buffer.compare(value.body as Uint8Array, large)).toBe(0);
    const two = counted(2, (n) => large.subarray(n));
    const stream = await connection.exchange(call(two.body));
    const reader = source(stream.body);
    for (const n of [0, 1]) {
      const { value: message } = await reader.next();
      expect(Buffer.compare(message as Uint8Array, large.subarray(n))).toBe(0);
    }
    expect((await reader.next()).done).toBe(true);
  });

  it('of every size round the edges of a frame arrive whole', async () => {
    const { connection } = await pair(echo);
    for (const edge of [0, 65_536 - 8, 65_536, 131_072 - 8, 131_072]) {
      for (const size of [edge - 1, edge, edge + 1].filter((n) => n >= 0)) {
        const body = large.subarray(0, size);
        const value = await connection.exchange(call(body));
        expect(Buffer.compare(value.body as Uint8Array, body)).toBe(0);
        const stream = await connection.exchange(call(counted(1, () => body).body));
        const { value: message } = await source(stream.body).next();
        expect(Buffer.compare(message as Uint8Array, body)).toBe(0);
      }
    }
  });

  it('let small calls pass, a frame each in turn', async () => {
    const ends = await sockets();
    acceptFrames(ends.server, echo, { limits });
    const peer = new RawPeer(ends.client, { window: 0x7fff_ffff });
    peer.send(frame(frameType.define, 0, 0, definePayload()));
    const parts = [frame(frameType.call, flag.more, 1, callPayload(Buffer.alloc(65_528)))];
    for (let i = 1; i < 60; i++) {
      parts.push(frame(frameType.data, flag.more, 1, Buffer.alloc(65_536)));
    }
    parts.push(frame(frameType.data, flag.end, 1, 'end'));
    // The window of a server is a frame and a bit: each waits for credit.
    for (const [i, part] of parts.entries()) {
      peer.send(part);
      await until(() => peer.of(frameType.credit, 1).length >= Math.min(i + 1, 60));
    }
    await until(() => peer.of(frameType.data, 1).length > 5);
    const mark = peer.of(frameType.data, 1).length;
    peer.send(frame(frameType.call, flag.end, 3, callPayload('small')));
    await until(() => peer.of(frameType.data, 3).length === 1);
    await until(() => peer.of(frameType.data, 1).some(({ flags }) => (flags & flag.end) !== 0));
    const sizes = peer.of(frameType.data, 1).map(({ payload }) => payload.length);
    expect(sizes.reduce((a, b) => a + b)).toBe(60 * 65_536 - 8 + 3);
    expect(Math.max(...sizes)).toBe(65_536);
    expect(mark).toBeGreaterThan(5);
  });

  it('share a connection fairly', async () => {
    const { connection } = await pair(echo);
    const order: string[] = [];
    const note = (name: string) => (): void => void order.push(name);
    const big = connection.exchange(call(large)).then(note('large'));
    await pause(1);
    const small = Array.from({ length: 50 }, () => connection.exchange(call('x')));
    const all = Promise.all(small).then(note('small'));
    await Promise.all([big, all]);
    expect(order).toEqual(['small', 'large']);
  });

  it('beyond the limit are refused by the sender, which knows it', async () => {
    const { connection } = await pair(echo, { limits: { messageBytes: 1_000 } });
    await connection.exchange(call('the settings have come'));
    const error = await failure(connection.exchange(call(Buffer.alloc(1_001))));
    expect(error).toMatchObject({ code: 'resource_exhausted', refused: true });
    const stream = counted(3, (n) => Buffer.alloc(n * 600));
    const broken = await failure(connection.exchange(call(stream.body)));
    expect(broken).toMatchObject({ code: 'resource_exhausted', refused: false });
  });

  it('beyond the limit are refused by the server, whatever the sender thinks', async () => {
    let ran = 0;
    const ends = await sockets();
    const run: Exchange = async (message) => {
      ran++;
      return echo(message);
    };
    acceptFrames(ends.server, run, { limits: { ...limits, messageBytes: 100_000 } });
    const peer = new RawPeer(ends.client);
    peer.send(frame(frameType.define, 0, 0, definePayload()));
    peer.send(frame(frameType.call, flag.more, 1, callPayload(Buffer.alloc(65_000))));
    await until(() => peer.of(frameType.credit, 1).length === 1);
    peer.send(frame(frameType.data, flag.more, 1, Buffer.alloc(65_000)));
    await until(() => peer.of(frameType.error, 1).length === 1);
    const [error] = peer.of(frameType.error, 1);
    expect(error!.flags & flag.refused).toBe(flag.refused);
    expect(JSON.parse(error!.payload.toString())).toMatchObject({ name: 'resource_exhausted' });
    // What follows of it is ignored, and the connection serves on.
    peer.send(frame(frameType.data, flag.more, 1, Buffer.alloc(65_000)));
    peer.send(frame(frameType.call, flag.end, 2, callPayload('fine')));
    await until(() => peer.of(frameType.data, 2).length === 1);
    expect(ran).toBe(1);
  });

  it('beyond the limit of the client fail its call', async () => {
    const { connection } = await pair(
      async ({ endpoint }) =>
        answer(endpoint === 'Value' ? large : counted(2, () => large.subarray(0, 70_000)).body),
      { clientLimits: { messageBytes: 60_000 } },
    );
    const value = await failure(connection.exchange(call('', { endpoint: 'Value' })));
    expect(value).toMatchObject({ code: 'resource_exhausted', refused: false });
    const { body } = await connection.exchange(call('', { endpoint: 'Stream' }));
    expect(await failure(texts(body))).toMatchObject({ code: 'resource_exhausted' });
    // A server that does not keep to the limit is not believed.
    const ends = await sockets();
    const peer = new RawPeer(ends.server);
    const other = connectFrames(ends.client, { limits: { ...limits, messageBytes: 10 } });
    const calls = [call('a'), call('b'), call('c')].map((c) => failure(other.exchange(c)));
    await until(() => peer.of(frameType.call).length === 3);
    peer.send(frame(frameType.data, flag.end, 1, 'much too long'));
    peer.send(frame(frameType.data, flag.more, 2, Buffer.alloc(2_000)));
    peer.send(frame(frameType.error, 0, 3, '{"code":500,"detail":"as it is"}'));
    const [first, second, third] = await Promise.all(calls);
    expect(first).toMatchObject({ code: 'resource_exhausted' });
    expect(second).toMatchObject({ code: 'resource_exhausted' });
    expect(third).toMatchObject({ message: 'as it is' });
    await until(() => peer.of(frameType.cancel, 2).length === 1);
  });

  it('that are unfinished hold credit back above 16 MiB, for all but the oldest', async () => {
    const ends = await sockets();
    acceptFrames(ends.server, echo, { limits });
    const peer = new RawPeer(ends.client);
    peer.send(frame(frameType.define, 0, 0, definePayload()));
    const part = Buffer.alloc(65_536);
    const streams = [1, 2, 3, 4, 5];
    const credits = (id: number): number => peer.of(frameType.credit, id).length;
    for (const id of streams) {
      peer.send(frame(frameType.call, flag.more, id, callPayload(part.subarray(8))));
    }
    let sent = 1;
    // Up to 5 × 3.3 MiB each gets its credit.
    for (; sent < 52; sent++) {
      await until(() => streams.every((id) => credits(id) >= sent));
      for (const id of streams) peer.send(frame(frameType.data, flag.more, id, part));
    }
    await pause(50);
    expect(credits(1)).toBe(sent);
    expect(credits(5)).toBeLessThan(sent);
    // The oldest can finish, and then the others go on.
    peer.send(frame(frameType.data, flag.end, 1, part.subarray(0, 10)));
    await until(() => streams.slice(1).every((id) => credits(id) === sent));
  });
});

describe('a peer that does not keep to the credit', () => {
  it('is cut off by the server', async () => {
    const ends = await sockets();
    const server = acceptFrames(ends.server, () => new Promise(() => undefined), { limits });
    const peer = new RawPeer(ends.client);
    peer.send(frame(frameType.define, 0, 0, definePayload()));
    peer.send(frame(frameType.call, flag.noMessage, 1, callPayload()));
    for (let i = 0; i < 10; i++) peer.send(frame(frameType.data, 0, 1, Buffer.alloc(10_000)));
    await until(() => peer.of(frameType.goAway).length === 1);
    expect(peer.of(frameType.goAway)[0]!.payload.toString()).toContain('without credit');
    expect(await server.closed).toBeInstanceOf(MicroError);
  });

  it('is cut off when it gives more than can be', async () => {
    const ends = await sockets();
    const stream = counted(10, () => Buffer.alloc(1));
    const server = acceptFrames(ends.server, async () => answer(stream.body), { limits });
    const peer = new RawPeer(ends.client);
    const never = new Promise<void>(() => undefined);
    stream.body.next = async () => {
      await never;
      return { done: true, value: undefined };
    };
    peer.send(frame(frameType.define, 0, 0, definePayload()));
    peer.send(frame(frameType.call, flag.end, 1, callPayload()));
    await until(() => peer.of(frameType.data, 1).length === 1);
    peer.send(frame(frameType.credit, 0, 1, u32(0x7fff_ffff)));
    await until(() => peer.of(frameType.goAway).length === 1);
    expect(peer.of(frameType.goAway)[0]!.payload.toString()).toContain('more credit');
    await server.closed;
  });
});

describe('a client that calls and does not read', () => {
  it('is not read either, so that the server stays small', async () => {
    const ends = await sockets();
    let ran = 0;
    const body = Buffer.alloc(60_000);
    const exchange: Exchange = async () => {
      ran++;
      return answer(body);
    };
    acceptFrames(ends.server, exchange, { limits });
    ends.client.pause();
    ends.client.write(frame(frameType.settings, 0, 0, Buffer.from([1])));
    ends.client.write(frame(frameType.define, 0, 0, definePayload()));
    for (let id = 1; id <= 100_000; id++) {
      if (!ends.client.write(frame(frameType.call, flag.end, id, callPayload('x'.repeat(100))))) {
        const drained = new Promise((resolve) => ends.client.once('drain', resolve));
        const stuck = await Promise.race([drained, pause(500).then(() => 'stuck')]);
        if (stuck === 'stuck') break;
      }
    }
    expect(ran).toBeLessThan(5_000);
    expect(ends.server.writableLength).toBeLessThan(64 * 1_048_576);
  });

  it('gets no more calls while its large answers wait for credit', async () => {
    const ends = await sockets();
    const body = Buffer.alloc(4_000_000);
    let ran = 0;
    acceptFrames(ends.server, async () => (ran++, answer(body)), { limits });
    const peer = new RawPeer(ends.client);
    peer.send(frame(frameType.define, 0, 0, definePayload()));
    const refused = (): boolean => peer.of(frameType.error).length > 0;
    for (let id = 1; id <= 30 && !refused(); id++) {
      peer.send(frame(frameType.call, flag.end, id, callPayload()));
      // What comes together with others is let in before their answers are known.
      await until(() => ran === id || refused());
    }
    const [error] = peer.of(frameType.error);
    expect(error!.flags & flag.refused).toBe(flag.refused);
    expect(error!.stream).toBeGreaterThan(16);
  });
});
