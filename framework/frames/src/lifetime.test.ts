import { setTimeout as pause } from 'node:timers/promises';
import { Lifetime, MicroError, noMetadata } from '@micro-ts/interface';
import type { CallMessage, Exchange, Message } from '@micro-ts/interface';
import { frameType } from './frame.ts';
import { call, closeAll, failure, pair, sockets, text, until } from './loopback.test.fixture.ts';
import { callPayload, definePayload, frame, RawPeer } from './raw-peer.test.fixture.ts';
import { acceptFrames } from './accept-frames.ts';
import { connectFrames } from './connect-frames.ts';
import { defaultLimits } from '@micro-ts/interface';
import { flag } from './frame.ts';

afterEach(closeAll);

const answer = (body: Message['body']): Message => ({
  contentType: 'application/json',
  metadata: noMetadata,
  body,
});

/** A handler that stays at work until its lifetime ends, and the calls that it was given. */
function staying(): { exchange: Exchange; calls: CallMessage[] } {
  const calls: CallMessage[] = [];
  const exchange: Exchange = (message) => {
    calls.push(message);
    return new Promise((_, reject) => message.lifetime.onEnd(reject));
  };
  return { exchange, calls };
}

describe('deadline', () => {
  it('travels as what is left, and not at all', async () => {
    const { exchange, calls } = staying();
    const { connection } = await pair(exchange);
    const lifetime = new Lifetime();
    void connection.exchange(call('', { lifetime })).catch(() => undefined);
    const short = new Lifetime(performance.now() + 30_000);
    void connection.exchange(call('', { lifetime: short })).catch(() => undefined);
    await until(() => calls.length === 2);
    expect(calls[0]!.lifetime.left).toBe(Infinity);
    expect(calls[1]!.lifetime.left).toBeLessThanOrEqual(30_000);
    lifetime.end(new MicroError('cancelled', 'enough'));
    short.end(new MicroError('deadline_exceeded', 'late'));
  });

  it('is measured again when the call leaves', async () => {
    const ends = await sockets();
    const peer = new RawPeer(ends.server);
    const connection = connectFrames(ends.client, { limits: defaultLimits });
    const lifetime = new Lifetime(performance.now() + 60_000);
    const done = connection.exchange(call('', { lifetime })).catch(() => undefined);
    const blocked = performance.now() + 150;
    while (performance.now() < blocked);
    await until(() => peer.of(frameType.call).length === 1);
    expect(peer.of(frameType.call)[0]!.payload.readUInt32BE(4)).toBeLessThanOrEqual(59_850);
    await connection.close();
    await done;
  });

  it('that has passed is answered unexecuted', async () => {
    const { exchange, calls } = staying();
    const { connection } = await pair(exchange);
    const lifetime = new Lifetime(performance.now() + 2);
    const done = failure(connection.exchange(call('', { lifetime })));
    const blocked = performance.now() + 5;
    while (performance.now() < blocked);
    expect(await done).toMatchObject({ code: 'deadline_exceeded', refused: true });
    expect(calls).toHaveLength(0);
  });

  it('ends the call at once, whatever the server does', async () => {
    const { exchange, calls } = staying();
    const { connection } = await pair(exchange);
    const lifetime = new Lifetime(performance.now() + 10_000);
    const done = failure(connection.exchange(call('', { lifetime })));
    await until(() => calls.length === 1);
    const reason = new MicroError('deadline_exceeded', 'late');
    lifetime.end(reason);
    expect(await done).toBe(reason);
    await until(() => calls[0]!.lifetime.reason !== undefined);
    expect(calls[0]!.lifetime.reason).toMatchObject({ code: 'cancelled' });
  });

  it('of the server ends its streams with an error', async () => {
    let served: CallMessage | undefined;
    let let_go = false;
    const { connection } = await pair(async (message) => {
      served = message;
      const source: AsyncIterableIterator<Uint8Array> = {
        [Symbol.asyncIterator]: () => source,
        next: () => new Promise(() => undefined),
        return: async () => {
          let_go = true;
          return { done: true, value: undefined };
        },
      };
      return answer(source);
    });
    const { body } = await connection.exchange(call('', { lifetime: new Lifetime() }));
    const next = failure((body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]().next());
    served!.lifetime.end(new MicroError('deadline_exceeded', 'the handler is late'));
    expect(await next).toMatchObject({ code: 'deadline_exceeded', refused: false });
    expect(let_go).toBe(true);
  });
});

describe('cancel', () => {
  it('of a call that ended before it began sends nothing', async () => {
    const { exchange, calls } = staying();
    const { connection } = await pair(exchange);
    const lifetime = new Lifetime();
    const reason = new MicroError('cancelled', 'never mind');
    lifetime.end(reason);
    expect(await failure(connection.exchange(call('', { lifetime })))).toBe(reason);
    await pause(20);
    expect(calls).toHaveLength(0);
  });

  it('right behind its call keeps the handler from running', async () => {
    const { exchange, calls } = staying();
    const { connection } = await pair(exchange);
    const lifetime = new Lifetime();
    const done = failure(connection.exchange(call('', { lifetime })));
    lifetime.end(new MicroError('cancelled', 'never mind'));
    expect(await done).toMatchObject({ code: 'cancelled' });
    void connection.exchange(call('later', { endpoint: 'Later' })).catch(() => undefined);
    await until(() => calls.length === 1);
    expect(calls[0]!.endpoint).toBe('Later');
  });

  it('in a later chunk that waits already does so too', async () => {
    const ends = await sockets();
    const ran: number[] = [];
    const peer = new RawPeer(ends.client);
    peer.send(frame(frameType.define, 0, 0, definePayload()));
    // All of it waits in the socket before the server reads any of it, as after a freeze.
    const count = 3_000;
    for (let id = 1; id <= count; id++) {
      peer.send(frame(frameType.call, flag.end, id, callPayload('x'.repeat(40))));
    }
    for (let id = 1; id <= count; id++) peer.send(frame(frameType.cancel, 0, id, '\u0000'));
    await pause(50);
    acceptFrames(
      ends.server,
      async ({ body }) => {
        ran.push(1);
        return answer(body);
      },
      { limits: { ...defaultLimits, callsPerConnection: 10_000 } },
    );
    await until(() => peer.of(frameType.settings).length === 1);
    await pause(50);
    expect(ran).toHaveLength(0);
  });

  it('comes from a reader that breaks off, and lets go of the source', async () => {
    let let_go = false;
    let served: CallMessage | undefined;
    const { connection } = await pair(async (message) => {
      served = message;
      async function* endless(): AsyncGenerator<Uint8Array> {
        try {
          for (;;) yield Buffer.alloc(100);
        } finally {
          let_go = true;
        }
      }
      return answer(endless());
    });
    const { body } = await connection.exchange(call());
    let got = 0;
    for await (const _ of body as AsyncIterable<Uint8Array>) if (++got === 10) break;
    await until(() => let_go);
    expect(served!.lifetime.reason).toMatchObject({ code: 'cancelled' });
  });

  it('of a handler that reads no more stops the source, not the answer', async () => {
    let let_go = false;
    const { connection } = await pair(async ({ body }) => {
      for await (const first of body as AsyncIterable<Uint8Array>) {
        await until(() => let_go);
        return answer(Buffer.from(first));
      }
      return answer(Buffer.alloc(0));
    });
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (let i = 0; ; i++) yield Buffer.from(`${i}`);
      } finally {
        let_go = true;
      }
    }
    const { connection: other } = await pair(async ({ body }) => {
      const source = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
      const { value } = await source.next();
      await source.return?.();
      await until(() => let_go);
      return answer(value as Uint8Array);
    });
    expect(text((await other.exchange(call(endless()))).body)).toBe('0');
    let_go = false;
    // An answer that does not wait for the rest of the request ends the request, too.
    void connection;
    const { connection: early } = await pair(async () => answer(Buffer.from('early')));
    expect(text((await early.exchange(call(endless()))).body)).toBe('early');
    await until(() => let_go);
  });

  it('of a stream drops what was not read', async () => {
    const { connection } = await pair(async () => {
      async function* some(): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < 10; i++) yield Buffer.from('x');
        await new Promise(() => undefined);
      }
      return answer(some());
    });
    const lifetime = new Lifetime();
    const { body } = await connection.exchange(call('', { lifetime }));
    const source = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    await source.next();
    await pause(20);
    const reason = new MicroError('cancelled', 'enough');
    lifetime.end(reason);
    expect(await failure(source.next())).toBe(reason);
    expect(await source.next()).toEqual({ done: true, value: undefined });
  });

  it('that races with the answer is settled once', async () => {
    const { connection } = await pair(async ({ body }) => answer(body));
    for (let i = 0; i < 200; i++) {
      const lifetime = new Lifetime();
      const done = connection.exchange(call('x', { lifetime })).catch((reason: unknown) => reason);
      setTimeout(() => lifetime.end(new MicroError('cancelled', 'enough')), i % 3);
      await done;
    }
    expect(text((await connection.exchange(call('fine'))).body)).toBe('fine');
  });
});
