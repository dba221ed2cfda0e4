import { setTimeout as pause } from 'node:timers/promises';
import { defaultLimits, MicroError, noMetadata } from '@micro-ts/interface';
import type { Connection, Exchange } from '@micro-ts/interface';
import { acceptFrames } from './accept-frames.ts';
import type { FramesServer } from './accept-frames.ts';
import { connectFrames } from './connect-frames.ts';
import { call, closeAll, failure, pair, sockets } from './loopback.test.fixture.ts';
import { text, until } from './loopback.test.fixture.ts';
import { callPayload, definePayload, frame, RawPeer, u32 } from './raw-peer.test.fixture.ts';
import { flag, frameType } from './frame.ts';

afterEach(closeAll);

const limits = defaultLimits;
const echo: Exchange = async ({ contentType, body }) => ({
  contentType,
  metadata: noMetadata,
  body,
});

async function rawClient(
  exchange: Exchange = echo,
): Promise<{ peer: RawPeer; server: FramesServer }> {
  const ends = await sockets();
  const server = acceptFrames(ends.server, exchange, { limits });
  return { peer: new RawPeer(ends.client), server };
}

async function rawServer(): Promise<{ peer: RawPeer; connection: Connection }> {
  const ends = await sockets();
  const connection = connectFrames(ends.client, { limits });
  return { peer: new RawPeer(ends.server), connection };
}

const { settings, define, data, error, cancel, credit, ping, goAway } = frameType;
const named = frame(define, 0, 0, definePayload());
const opened = [named, frame(frameType.call, flag.noMessage, 1, callPayload())];
const metadataOf = (hex: string): Buffer => Buffer.concat([callPayload(), Buffer.from(hex, 'hex')]);

describe('a server cuts off a client that', () => {
  const cases: Record<string, readonly Uint8Array[]> = {
    'sends SETTINGS twice': [frame(settings, 0, 0, Buffer.from([1]))],
    'announces 1 GB': [Buffer.from('400000000300000001', 'hex')],
    'announces a byte too much': [Buffer.from('010001030000000001', 'hex')],
    'talks HTTP': [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    'talks TLS': [Buffer.from('16030100f8010000f40303', 'hex')],
    'defines a number that is too high': [frame(define, 0, 0, definePayload(4_096))],
    'defines half a name': [frame(define, 0, 0, Buffer.from('000005616263', 'hex'))],
    'defines nothing': [frame(define)],
    'calls an undefined number': [frame(frameType.call, flag.end, 1, callPayload())],
    'calls with half a head': [named, frame(frameType.call, flag.end, 1, 'abc')],
    'calls on stream 0': [named, frame(frameType.call, flag.end, 0, callPayload())],
    'calls on a stream that is too high': [
      named,
      frame(frameType.call, flag.end, 0x8000_0000, callPayload()),
    ],
    'opens a stream twice': [...opened, frame(frameType.call, flag.end, 1, callPayload())],
    'opens an earlier stream': [
      named,
      frame(frameType.call, flag.end, 5, callPayload()),
      frame(frameType.call, flag.end, 4, callPayload()),
    ],
    'never ends a value': [named, frame(frameType.call, 0, 1, callPayload())],
    'puts a message where there is none': [
      named,
      frame(frameType.call, flag.noMessage, 1, callPayload('x')),
    ],
    'sends crumbs': [...opened, frame(data, flag.more, 1, 'x')],
    'sends crumbs of a call': [named, frame(frameType.call, flag.more, 1, callPayload('x'))],
    'cuts metadata off': [
      named,
      frame(frameType.call, flag.end | flag.metadata, 1, metadataOf('00020001610001')),
    ],
    'announces metadata that is not there': [
      named,
      frame(frameType.call, flag.end | flag.metadata, 1, metadataOf('ff')),
    ],
    'sends DATA for a stream that was never opened': [frame(data, flag.end, 9, 'x')],
    'sends DATA for stream 0': [frame(data, flag.end, 0, 'x')],
    'cancels what was never opened': [frame(cancel, 0, 9, Buffer.alloc(1))],
    'gives credit to what was never opened': [frame(credit, 0, 9, u32(1))],
    'gives credit without a number': [...opened, frame(credit, 0, 1, 'abc')],
    'opens a stream again': [...opened, frame(data, flag.noMessage, 1)],
    'ends a stream with a message': [...opened, frame(data, flag.end, 1, 'x')],
    'ends a stream behind half a message': [
      ...opened,
      frame(data, flag.more, 1, Buffer.alloc(1_024)),
      frame(data, flag.end | flag.noMessage, 1),
    ],
    'goes on behind the end of a stream': [
      ...opened,
      frame(data, flag.end | flag.noMessage, 1),
      frame(data, 0, 1, 'x'),
    ],
    'goes on behind a value': [
      named,
      frame(frameType.call, flag.end, 1, callPayload()),
      frame(data, flag.end, 1, 'x'),
    ],
    'goes on with a value as a stream': [
      named,
      frame(frameType.call, flag.more, 1, callPayload(Buffer.alloc(2_000))),
      frame(data, flag.end | flag.noMessage, 1),
    ],
    'ends a value without END': [
      named,
      frame(frameType.call, flag.more, 1, callPayload(Buffer.alloc(2_000))),
      frame(data, 0, 1, 'x'),
    ],
    'sends metadata in the middle': [...opened, frame(data, flag.metadata, 1, '\u0000\u0000')],
    answers: [frame(error, 0, 1, '{}')],
    'sends half a PING': [frame(ping, 0, 0, 'abc')],
  };
  it.each(Object.entries(cases))('%s', async (_, frames) => {
    const never: Exchange = () => new Promise(() => undefined);
    const { peer, server } = await rawClient(never);
    const { connection: other } = await pair(echo);
    peer.send(...frames);
    await until(() => peer.ended);
    const [said] = peer.of(goAway);
    expect(said!.payload[4]).toBe(1);
    expect(said!.payload.length).toBeGreaterThan(5);
    expect(await server.closed).toBeInstanceOf(MicroError);
    expect(text((await other.exchange(call('fine'))).body)).toBe('fine');
  });

  it('does not begin with SETTINGS', async () => {
    const ends = await sockets();
    const server = acceptFrames(ends.server, echo, { limits });
    const peer = new RawPeer(ends.client, null);
    peer.send(frame(ping, 0, 0, Buffer.alloc(8)));
    expect(await server.closed).toBeInstanceOf(MicroError);
  });

  it.each([
    ['no version', ''],
    ['version 0', '00'],
    ['half a value', '01010001'],
    ['a window that is too small', '01010000ffff'],
    ['a window that is too large', '0101ffffffff'],
    ['half a node id', '01000000000961'],
  ])('sends SETTINGS with %s', async (_, hex) => {
    const ends = await sockets();
    const server = acceptFrames(ends.server, echo, { limits });
    const peer = new RawPeer(ends.client, null);
    peer.send(frame(settings, 0, 0, Buffer.from(hex, 'hex')));
    expect(await server.closed).toBeInstanceOf(MicroError);
  });
});

describe('a server goes on when a client', () => {
  const cases: Record<string, readonly Uint8Array[]> = {
    'sends frames of an unknown type': [frame(99, 255, 12_345, 'whatever'), frame(9)],
    'sets unknown flags': [],
    'cancels what is over': [
      frame(frameType.call, flag.end, 1, callPayload()),
      frame(cancel, 0, 1, Buffer.alloc(1)),
      frame(cancel, 0, 1, Buffer.alloc(1)),
      frame(credit, 0, 1, u32(5)),
      frame(data, flag.end, 1, 'late'),
    ],
    'answers a PING that nobody has sent': [frame(ping, flag.ack, 0, Buffer.alloc(8))],
    'defines a name again': [named, frame(define, 0, 0, definePayload(4_095, 'x', 'y', 'z'))],
    'uses names with the bytes of nonsense': [
      frame(define, 0, 0, Buffer.from('000102fffe01ff00', 'hex')),
    ],
  };
  it.each(Object.entries(cases))('%s', async (_, frames) => {
    const { peer } = await rawClient();
    peer.send(named, ...frames, frame(frameType.call, flag.end | 64, 50, callPayload('fine')));
    await until(() => peer.of(data, 50).length === 1);
    expect(peer.of(data, 50)[0]!.payload.toString()).toBe('fine');
  });

  it('asks whether it is there', async () => {
    const { peer } = await rawClient();
    peer.send(frame(ping, 0, 0, Buffer.from('0123456789abcdef', 'hex')));
    await until(() => peer.of(ping).length === 1);
    expect(peer.of(ping)[0]).toMatchObject({ flags: flag.ack, stream: 0 });
    expect(peer.of(ping)[0]!.payload.toString('hex')).toBe('0123456789abcdef');
  });

  it('has settings that this version does not know', async () => {
    const ends = await sockets();
    acceptFrames(ends.server, echo, { limits });
    const peer = new RawPeer(ends.client, null);
    peer.send(frame(settings, 0, 0, Buffer.from('02630000000101000100000300000001', 'hex')));
    peer.send(named, frame(frameType.call, flag.end, 1, callPayload('fine')));
    await until(() => peer.of(data, 1).length === 1);
  });
});

describe('a client cuts off a server that', () => {
  const cases: Record<string, readonly Uint8Array[]> = {
    'answers what was never asked': [frame(data, flag.end, 2, 'x')],
    'fails what was never asked': [frame(error, 0, 2, '{}')],
    'answers on stream 0': [frame(data, flag.end, 0, 'x')],
    'never ends a value': [frame(data, 0, 1, 'x')],
    calls: [frame(frameType.call, flag.end, 1, callPayload())],
    defines: [named],
    'goes away without saying until where': [frame(goAway, 0, 0, 'abc')],
    'cuts metadata off': [frame(data, flag.end | flag.metadata, 1, '\u0000\u0001x')],
    'announces 1 GB': [Buffer.from('400000000300000001', 'hex')],
  };
  it.each(Object.entries(cases))('%s', async (_, frames) => {
    const { peer, connection } = await rawServer();
    const lost = failure(connection.exchange(call()));
    await until(() => peer.of(frameType.call).length === 1);
    peer.send(...frames);
    expect(await lost).toMatchObject({ code: 'unavailable', refused: false });
    await until(() => peer.of(goAway).length === 1);
    expect(peer.of(goAway)[0]!.payload[4]).toBe(1);
    expect(await connection.closed).toBeInstanceOf(MicroError);
  });

  it('cannot be understood fails its call with what it said', async () => {
    const { peer, connection } = await rawServer();
    const lost = failure(connection.exchange(call()));
    await until(() => peer.of(frameType.call).length === 1);
    peer.send(frame(error, 0, 1, 'not JSON'));
    expect(await lost).toMatchObject({ code: 'unknown' });
  });

  it('gives up refuses what it has not looked at', async () => {
    const { peer, connection } = await rawServer();
    const calls = [1, 2, 3].map(() => failure(connection.exchange(call())));
    await until(() => peer.of(frameType.call).length === 3);
    peer.send(frame(goAway, 0, 0, Buffer.concat([u32(2), Buffer.from([1]), Buffer.from('no')])));
    expect(await Promise.all(calls)).toMatchObject([
      { code: 'unavailable', refused: false },
      { code: 'unavailable', refused: false },
      { code: 'unavailable', refused: true },
    ]);
  });
});

/** Small and the same everywhere: mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Frames that look right from afar. */
function nonsense(next: () => number): Buffer {
  const pick = (n: number): number => Math.floor(next() * n);
  const parts: Buffer[] = [named];
  for (let i = 0; i < 40; i++) {
    const payload = Buffer.alloc(pick(10) === 0 ? pick(70_000) % 65_537 : pick(40));
    for (let at = 0; at < Math.min(40, payload.length); at++)
      payload[at] = pick(10) < 7 ? 0 : pick(256);
    parts.push(frame(pick(10), pick(64), pick(6), payload));
  }
  const all = Buffer.concat(parts);
  for (let flips = pick(3); flips > 0; flips--) all[pick(all.length)]! ^= 1 << pick(8);
  return all.subarray(0, pick(8) === 0 ? pick(all.length) : all.length);
}

/** Frames that are right for the most part, in an order that is not. */
function plausible(next: () => number): Buffer {
  const pick = (n: number): number => Math.floor(next() * n);
  const of = <T>(...choice: readonly T[]): T => choice[pick(choice.length)]!;
  const parts: Buffer[] = [named];
  let last = 0;
  for (let i = 0; i < 60; i++) {
    const stream = 1 + pick(last + 1);
    const size = of(0, 1, 40, 1_024, 9_000);
    const kinds = [
      () =>
        frame(frameType.call, of(1, 1, 2, 8, 9), ++last, callPayload(Buffer.alloc(pick(2) * size))),
      () => frame(data, of(0, 0, 1, 2, 9), stream, Buffer.alloc(size)),
      () => frame(data, of(0, 1, 8, 9), stream),
      () => frame(credit, 0, stream, u32(of(1, 5_000, 0x7000_0000))),
      () => frame(cancel, 0, stream, Buffer.alloc(1)),
      () => frame(error, of(0, 16), stream, of('{"code":404}', '{', '')),
      () => frame(ping, of(0, 32), 0, Buffer.alloc(8)),
      () => frame(goAway, 0, 0, Buffer.concat([u32(stream), Buffer.from([pick(4)])])),
    ];
    // GOAWAY ends most of it.
    const kind = pick(40) === 0 ? 7 : pick(7);
    parts.push(kinds[kind]!());
  }
  return Buffer.concat(parts);
}

it('nonsense of any kind hurts only those who send it', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note).on('uncaughtException', note);
  const streams: Exchange = async (message) => {
    const { body } = message;
    if (body instanceof Uint8Array) return echo(message);
    return echo({ ...message, body });
  };
  const { connection } = await pair(streams);
  for (let seed = 1; seed <= 400; seed++) {
    const bytes = (seed % 4 < 2 ? nonsense : plausible)(random(seed));
    const ends = await sockets();
    if (seed % 2 === 0) {
      acceptFrames(ends.server, streams, { limits });
      new RawPeer(ends.client).send(bytes);
    } else {
      const client = connectFrames(ends.client, { limits });
      for (let i = 0; i < 4; i++) void client.exchange(call('x')).catch(() => undefined);
      new RawPeer(ends.server).send(bytes);
    }
    if (seed % 10 === 0) await pause(2);
    expect(text((await connection.exchange(call(`${seed}`))).body)).toBe(`${seed}`);
  }
  await pause(50);
  process.off('unhandledRejection', note).off('uncaughtException', note);
  expect(unhandled).toEqual([]);
}, 30_000);
