import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { defaultLimits, Lifetime, MicroError, noMetadata } from '@micro-ts/interface';
import type { CallMessage, Connection, ConnectionState, Exchange } from '@micro-ts/interface';
import { acceptFrames } from './accept-frames.ts';
import { ClientSession } from './client-session.ts';
import { connectFrames } from './connect-frames.ts';
import { call, closeAll, failure, pair, sockets } from './loopback.test.fixture.ts';
import { streamOf, text, texts, until } from './loopback.test.fixture.ts';
import { frame, RawPeer, u32 } from './raw-peer.test.fixture.ts';
import { flag, frameType, maxStream } from './frame.ts';

afterEach(closeAll);

const limits = defaultLimits;
const echo: Exchange = async ({ contentType, body }) => ({
  contentType,
  metadata: noMetadata,
  body,
});

/** A handler that waits until it is let go. */
function gate(): { exchange: Exchange; calls: CallMessage[]; open: () => void } {
  const calls: CallMessage[] = [];
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const exchange: Exchange = async (message) => {
    calls.push(message);
    await opened;
    return echo(message);
  };
  return { exchange, calls, open: () => open() };
}

function states(connection: Connection): ConnectionState[] {
  const seen: ConnectionState[] = [];
  connection.onState?.((state) => seen.push(state));
  return seen;
}

describe('drain', () => {
  it('finishes what runs, refuses what comes, and closes as planned', async () => {
    const { exchange, calls, open } = gate();
    const { connection, server } = await pair(exchange);
    const seen = states(connection);
    const running = connection.exchange(call('running'));
    await until(() => calls.length === 1);
    let drained = false;
    const drain = server.drain().then(() => (drained = true));
    await until(() => seen.length === 1);
    expect(seen).toEqual(['draining']);
    const refused = await failure(connection.exchange(call('later')));
    expect(refused).toMatchObject({ code: 'unavailable', refused: true });
    expect(drained).toBe(false);
    open();
    expect(text((await running).body)).toBe('running');
    await drain;
    expect(await connection.closed).toBeUndefined();
    await server.closed;
    expect(calls).toHaveLength(1);
  });

  it('waits for streams, and for large answers', async () => {
    const { exchange, calls, open } = gate();
    const { connection, server } = await pair(exchange);
    const large = Buffer.alloc(1_000_000, 'x');
    const answers = [
      connection.exchange(call(streamOf('a', 'b'))),
      connection.exchange(call(large)),
    ];
    await until(() => calls.length === 2);
    const drain = server.drain();
    open();
    const [stream, value] = await Promise.all(answers);
    expect(await texts(stream!.body)).toEqual(['a', 'b']);
    expect(Buffer.compare(value!.body as Buffer, large)).toBe(0);
    await drain;
    expect(await connection.closed).toBeUndefined();
  });

  it('loses no call that is on its way', async () => {
    let ran = 0;
    const { connection, server } = await pair(async (message) => {
      ran++;
      await pause(1);
      return echo(message);
    });
    const results: Promise<string>[] = [];
    const ask = (): void => {
      const result = connection.exchange(call('x')).then(
        () => 'answered',
        (error: MicroError) => (error.refused ? 'refused' : error.message),
      );
      results.push(result);
    };
    for (let i = 0; i < 100; i++) {
      for (let k = 0; k < 10; k++) ask();
      if (i === 50) void server.drain();
      await new Promise(setImmediate);
    }
    const all = await Promise.all(results);
    expect(new Set(all)).toEqual(new Set(['answered', 'refused']));
    expect(all.filter((result) => result === 'answered')).toHaveLength(ran);
  });

  it('tells a connection that is opened meanwhile', async () => {
    const ends = await sockets();
    const server = acceptFrames(ends.server, echo, { limits });
    await server.drain();
    const connection = connectFrames(ends.client, { limits });
    const refused = await failure(connection.exchange(call('x')));
    expect(refused).toMatchObject({ code: 'unavailable', refused: true });
    expect(await connection.closed).toBeUndefined();
  });

  it('resolves when the client is gone', async () => {
    const { exchange, calls } = gate();
    const { connection, server } = await pair(exchange);
    void connection.exchange(call()).catch(() => undefined);
    await until(() => calls.length === 1);
    const drain = server.drain();
    await connection.close();
    await drain;
    await server.closed;
  });

  it('begins by itself when the numbers are used up', async () => {
    const ends = await sockets();
    acceptFrames(ends.server, echo, { limits });
    const session = new ClientSession(ends.client, { limits, lastStream: maxStream - 2 });
    session.start(undefined);
    const seen: ConnectionState[] = [];
    session.onState((state) => seen.push(state));
    const two = [session.exchange(call('a')), session.exchange(call('b'))];
    const refused = await failure(session.exchange(call('c')));
    expect(refused).toMatchObject({ code: 'unavailable', refused: true });
    expect((await Promise.all(two)).map(({ body }) => text(body))).toEqual(['a', 'b']);
    expect(seen).toEqual(['draining']);
    expect(await session.life.closed).toBeUndefined();
  });
});

describe('loss', () => {
  it('fails what was sent as unavailable, and refuses what was not', async () => {
    const { exchange, calls } = gate();
    const { connection, ends } = await pair(exchange);
    const sent = failure(connection.exchange(call('sent')));
    await until(() => calls.length === 1);
    ends.server.resetAndDestroy();
    const lost = await sent;
    expect(lost).toMatchObject({ code: 'unavailable', refused: false });
    const reason = await connection.closed;
    expect(reason).toBeInstanceOf(MicroError);
    const later = await failure(connection.exchange(call()));
    expect(later).toMatchObject({ code: 'unavailable', refused: true });
    await until(() => calls[0]!.lifetime.reason !== undefined);
    expect(calls[0]!.lifetime.reason).toMatchObject({ code: 'cancelled' });
  });

  it('before the tick has ended refuses the calls of the tick, which never leave', async () => {
    let ran = 0;
    const { connection } = await pair(async (message) => {
      ran++;
      return echo(message);
    });
    await connection.exchange(call());
    const three = [1, 2, 3].map(() => failure(connection.exchange(call('x'))));
    void connection.close();
    for (const error of await Promise.all(three)) {
      expect(error).toMatchObject({ code: 'unavailable', refused: true });
    }
    await pause(20);
    expect(ran).toBe(1);
    expect(await connection.closed).toBeUndefined();
  });

  it('ends streams on both sides, after what was received', async () => {
    let let_go = false;
    const { connection, ends } = await pair(async (message) => {
      async function* some(): AsyncGenerator<Uint8Array> {
        try {
          yield Buffer.from('a');
          yield Buffer.from('b');
          await new Promise(() => undefined);
        } finally {
          let_go = true;
        }
      }
      const stop = message.lifetime.signal;
      const body = some();
      stop.addEventListener('abort', () => (let_go = true));
      return { contentType: message.contentType, metadata: noMetadata, body };
    });
    const { body } = await connection.exchange(call('', { lifetime: new Lifetime() }));
    const source = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    await source.next();
    // Behind what this is answered with nothing of the first stream is on its way.
    await connection.exchange(call('', { lifetime: new Lifetime() }));
    ends.client.destroy();
    expect((await source.next()).done).toBe(false);
    expect(await failure(source.next())).toMatchObject({ code: 'unavailable' });
    await until(() => let_go);
  });

  it('of a client that hangs up cancels its calls', async () => {
    const { exchange, calls } = gate();
    const { connection, server } = await pair(exchange);
    void connection.exchange(call()).catch(() => undefined);
    await until(() => calls.length === 1);
    await connection.close();
    await connection.close();
    expect(await connection.closed).toBeUndefined();
    await server.closed;
    expect(calls[0]!.lifetime.reason).toMatchObject({ code: 'cancelled' });
  });

  it('because the server closes sends the answers that are ready', async () => {
    const { connection, server } = await pair(echo);
    const answers = Array.from({ length: 10 }, () => connection.exchange(call('x')));
    await Promise.all(answers.slice(0, 1));
    await server.close();
    expect(await server.closed).toBeUndefined();
    await Promise.allSettled(answers);
    const reason = await connection.closed;
    expect(reason === undefined || reason instanceof MicroError).toBe(true);
  });

  it('of a half-open socket is noticed by its end', async () => {
    const { exchange, calls } = gate();
    const { connection, ends } = await pair(exchange);
    const lost = failure(connection.exchange(call()));
    await until(() => calls.length === 1);
    ends.server.end();
    expect(await lost).toMatchObject({ code: 'unavailable', refused: false });
    await once(ends.client, 'close');
  });
});

describe('handshake', () => {
  it('lets calls be written before it is over, and reads what it has read', async () => {
    const ends = await sockets();
    const peer = new RawPeer(ends.server);
    let ready!: (head: Uint8Array) => void;
    const handshake = new Promise<Uint8Array>((resolve) => (ready = resolve));
    const connection = connectFrames(ends.client, { limits, ready: handshake });
    const answer = connection.exchange(call('x'));
    await until(() => peer.of(frameType.call).length === 1);
    const heads: Buffer[] = [];
    ends.client.on('data', (chunk: Buffer) => heads.push(chunk));
    await until(() => heads.length > 0);
    ends.client.removeAllListeners('data').pause();
    ready(Buffer.concat(heads));
    peer.send(frame(frameType.data, flag.end, 1, 'answer'));
    expect(text((await answer).body)).toBe('answer');
  });

  it('that fails refuses all calls with its reason', async () => {
    const ends = await sockets();
    const reason = new MicroError('unimplemented', 'no frames here');
    const connection = connectFrames(ends.client, { limits, ready: Promise.reject(reason) });
    const error = await failure(connection.exchange(call()));
    const wanted = { code: 'unimplemented', message: 'no frames here', refused: true };
    expect(error).toMatchObject(wanted);
    expect(await connection.closed).toMatchObject(wanted);
    expect(await failure(connection.exchange(call()))).toMatchObject(wanted);
  });

  it('that is cut off refuses all calls, even those that were written', async () => {
    const ends = await sockets();
    const connection = connectFrames(ends.client, { limits, ready: new Promise(() => undefined) });
    const error = failure(connection.exchange(call()));
    await pause(20);
    ends.server.resetAndDestroy();
    expect(await error).toMatchObject({ code: 'unavailable', refused: true });
  });

  it('without SETTINGS ends in time', async () => {
    const ends = await sockets();
    const server = acceptFrames(ends.server, echo, { limits: { ...limits, handshake: 50 } });
    expect(await server.closed).toBeInstanceOf(MicroError);
  });
});

describe('another node at the address', () => {
  it('refuses all calls, and none has run', async () => {
    let ran = 0;
    const { connection, server } = await pair(
      async (message) => {
        ran++;
        return echo(message);
      },
      { client: { node: 'greeter-1' }, server: { node: () => 'greeter-2' } },
    );
    const error = await failure(connection.exchange(call()));
    expect(error).toMatchObject({ code: 'unavailable', refused: true });
    expect(await connection.closed).toBeInstanceOf(MicroError);
    await server.closed;
    expect(ran).toBe(0);
  });

  it('is none of several that answer there, or one that does not say', async () => {
    for (const node of [() => ['a', 'greeter-1'], () => 'greeter-1', () => undefined]) {
      const { connection } = await pair(echo, { client: { node: 'greeter-1' }, server: { node } });
      expect(text((await connection.exchange(call('x'))).body)).toBe('x');
    }
  });

  it('is noticed by the client too', async () => {
    const ends = await sockets();
    const peer = new RawPeer(ends.server, { nodes: ['other'] });
    const connection = connectFrames(ends.client, { limits, node: 'greeter-1' });
    const error = await failure(connection.exchange(call()));
    expect(error).toMatchObject({ code: 'unavailable', refused: true });
    await until(() => peer.of(frameType.goAway).length === 1);
    expect(peer.of(frameType.goAway)[0]!.payload.subarray(0, 5)).toEqual(
      Buffer.concat([u32(0), Buffer.from([2])]),
    );
  });
});

describe('too many calls', () => {
  it('are refused by the client, which knows the limit', async () => {
    const { exchange, calls, open } = gate();
    const { connection } = await pair(exchange, { limits: { callsPerConnection: 4 } });
    const four = [1, 2, 3, 4].map(() => connection.exchange(call('x')));
    await until(() => calls.length === 4);
    const error = await failure(connection.exchange(call('x')));
    expect(error).toMatchObject({ code: 'resource_exhausted', refused: true });
    open();
    await Promise.all(four);
    await connection.exchange(call('x'));
  });

  it('are refused by the server, whose handlers still work for nobody', async () => {
    let ran = 0;
    const never: Exchange = () => (ran++, new Promise(() => undefined));
    const { connection } = await pair(never, { limits: { callsPerConnection: 4 } });
    for (let i = 1; i <= 4; i++) {
      const lifetime = new Lifetime();
      const cancelled = failure(connection.exchange(call('x', { lifetime })));
      await until(() => ran === i);
      lifetime.end(new MicroError('cancelled', 'enough'));
      await cancelled;
    }
    const error = await failure(connection.exchange(call('x')));
    expect(error).toMatchObject({ code: 'resource_exhausted', refused: true });
  });
});
