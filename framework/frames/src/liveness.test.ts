import { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { defaultLimits, Lifetime, MicroError, noMetadata } from '@micro-ts/interface';
import type { ConnectionState, Exchange } from '@micro-ts/interface';
import { acceptFrames } from './accept-frames.ts';
import { ClientSession } from './client-session.ts';
import { call, closeAll, failure, pair, sockets } from './loopback.test.fixture.ts';
import { text, until } from './loopback.test.fixture.ts';
import { callPayload, definePayload, frame, RawPeer } from './raw-peer.test.fixture.ts';
import { flag, frameType } from './frame.ts';
import { clientPatience, Liveness, serverPatience } from './liveness.ts';
import type { Patience, Watched } from './liveness.ts';
import { ServerSession } from './server-session.ts';

afterEach(closeAll);

const limits = defaultLimits;
const short: Patience = { beat: 20, ask: 2, suspect: 4, lost: 12, stalled: 12, idle: 150 };
const echo: Exchange = async ({ contentType, body }) => ({
  contentType,
  metadata: noMetadata,
  body,
});
const never: Exchange = () => new Promise(() => undefined);
const forever = (): Lifetime => new Lifetime();
const blockFor = (ms: number): void => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

describe('patience', () => {
  it('is what the specification says', () => {
    const { beat, ask, suspect, lost, stalled, idle } = clientPatience;
    const ms = [ask, suspect, lost, stalled].map((beats) => beats * beat);
    expect([...ms, idle]).toEqual([250, 500, 10_000, 30_000, 15_000]);
    expect(serverPatience.lost * serverPatience.beat).toBeLessThanOrEqual(10_000);
    expect(serverPatience.stalled * serverPatience.beat).toBe(30_000);
  });
});

describe('a server that is silent', () => {
  it('is asked, suspected, and trusted again when it speaks', async () => {
    const { connection, ends } = await pair(echo);
    await connection.exchange(call());
    const seen: ConnectionState[] = [];
    connection.onState?.((state) => seen.push(state));
    ends.server.pause();
    const start = performance.now();
    const answer = connection.exchange(call('late', { lifetime: forever() }));
    await until(() => seen.length === 1);
    expect(seen).toEqual(['suspect']);
    expect(performance.now() - start).toBeGreaterThan(350);
    const late: ConnectionState[] = [];
    connection.onState?.((state) => late.push(state));
    expect(late).toEqual(['suspect']);
    // What it is given meanwhile is not failed.
    const other = connection.exchange(call('other', { lifetime: forever() }));
    ends.server.resume();
    expect(text((await answer).body)).toBe('late');
    expect(text((await other).body)).toBe('other');
    expect(seen).toEqual(['suspect', 'ready']);
  });

  it('is given up in the end', async () => {
    const ends = await sockets();
    const session = new ClientSession(ends.client, { limits, patience: short });
    session.start(undefined);
    const error = await failure(session.exchange(call('', { lifetime: forever() })));
    expect(error).toMatchObject({ code: 'unavailable', refused: false });
    expect(await session.life.closed).toBeInstanceOf(MicroError);
  });

  it('in the handshake is given up, too', async () => {
    const ends = await sockets();
    const session = new ClientSession(ends.client, { limits, patience: short });
    const error = await failure(session.exchange(call('', { lifetime: forever() })));
    expect(error).toMatchObject({ code: 'unavailable', refused: true });
  });

  it('is asked while nothing goes on, and given up', async () => {
    const ends = await sockets();
    const peer = new RawPeer(ends.server);
    const session = new ClientSession(ends.client, { limits, patience: short });
    session.start(undefined);
    const seen: ConnectionState[] = [];
    session.onState((state) => seen.push(state));
    await until(() => peer.of(frameType.ping).length === 1);
    peer.send(frame(frameType.ping, flag.ack, 0, Buffer.alloc(8)));
    await until(() => peer.of(frameType.ping).length === 2);
    await session.life.closed;
    expect(seen).toContain('suspect');
  });

  it('but works for long is alive', async () => {
    const ends = await sockets();
    const slow: Exchange = async (message) => {
      await pause(20 * short.beat);
      return echo(message);
    };
    acceptFrames(ends.server, slow, { limits });
    const session = new ClientSession(ends.client, { limits, patience: short });
    session.start(undefined);
    const seen: ConnectionState[] = [];
    session.onState((state) => seen.push(state));
    expect(text((await session.exchange(call('x'))).body)).toBe('x');
    expect(seen.filter((state) => state === 'draining')).toEqual([]);
  });
});

describe('a process that was blocked itself', () => {
  it('hears what has arrived before it suspects anybody', async () => {
    const { connection } = await pair(echo);
    await connection.exchange(call());
    const seen: ConnectionState[] = [];
    connection.onState?.((state) => seen.push(state));
    for (let i = 0; i < 4; i++) {
      const answer = connection.exchange(call('x'));
      await pause(20);
      blockFor(700);
      expect(text((await answer).body)).toBe('x');
    }
    expect(seen).toEqual([]);
  });

  it('counts a beat, however long it was', async () => {
    const told: string[] = [];
    const watched: Watched = {
      busy: true,
      deaf: false,
      stalled: () => false,
      ask: () => told.push('ask'),
      suspect: () => told.push('suspect'),
      recover: () => told.push('recover'),
      lost: () => told.push('lost'),
      rest: () => told.push('rest'),
    };
    const liveness = new Liveness(watched, { ...short, beat: 10 });
    liveness.wake();
    blockFor(400);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(told).toEqual([]);
    await until(() => told.includes('lost'));
    expect(told).toEqual(['ask', 'suspect', 'lost']);
    liveness.hear();
    expect(told.pop()).toBe('recover');
    liveness.stop();
  });

  it('forgives a peer whom it does not read', async () => {
    const told: string[] = [];
    const watched = {
      busy: true,
      deaf: true,
      stalled: () => true,
      ask: () => told.push('ask'),
      suspect: () => told.push('suspect'),
      recover: () => told.push('recover'),
      lost: (reason: string) => told.push(reason),
      rest: () => told.push('rest'),
    };
    const liveness = new Liveness(watched, { ...short, beat: 5, lost: 6, stalled: 12 });
    liveness.wake();
    await until(() => told.length > 0);
    expect(told).toEqual(['the peer does not read']);
    liveness.stop();
  });
});

/**
 * A session whose client asks for more than it reads. A kernel would take several MB by itself, more on
 * some machines than on others: `read` says here when a piece is taken.
 */
function asking(read: (taken: () => void) => void): { session: ServerSession; socket: Duplex } {
  const large: Exchange = async ({ contentType }) => ({
    contentType,
    metadata: noMetadata,
    body: Buffer.alloc(60_000),
  });
  const socket = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, taken) => read(taken),
  });
  const patience = { ...short, lost: 1_000 };
  const options = { limits, nodes: [], peer: undefined, patience };
  const session = new ServerSession(socket, large, options);
  session.start(undefined);
  socket.push(frame(frameType.settings, 0, 0, Buffer.from([1])));
  socket.push(frame(frameType.define, 0, 0, definePayload()));
  for (let id = 1; id <= 500; id++) {
    socket.push(frame(frameType.call, flag.end, id, callPayload()));
  }
  return { session, socket };
}

describe('a client that is silent', () => {
  it('is asked while something streams to it, and given up', async () => {
    const ends = await sockets();
    const nodes: string[] = [];
    const session = new ServerSession(ends.server, never, {
      limits,
      nodes,
      peer: undefined,
      patience: short,
    });
    session.start(undefined);
    const peer = new RawPeer(ends.client);
    peer.send(frame(frameType.define, 0, 0, definePayload()));
    peer.send(frame(frameType.call, flag.end, 1, callPayload()));
    await until(() => peer.of(frameType.ping).length === 1);
    expect(await session.life.closed).toMatchObject({ code: 'unavailable' });
  });

  it('that does not read for long is given up', async () => {
    const { session } = asking(() => undefined);
    expect(await session.life.closed).toMatchObject({ message: 'the peer does not read' });
  });

  it('that reads slowly is not', async () => {
    let reads = 0;
    const { session, socket } = asking((taken) => {
      reads++;
      setTimeout(taken, 4 * short.beat);
    });
    let lost = false;
    void session.life.closed.then(() => (lost = true));
    await until(() => reads === short.stalled || lost);
    expect([lost, socket.writableLength > 0]).toEqual([false, true]);
    await session.life.close();
  });
});
