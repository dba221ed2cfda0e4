import { Lifetime, metadata, MicroError, noMetadata } from '@micro-ts/interface';
import type { CallMessage, Exchange, Message } from '@micro-ts/interface';
import {
  call,
  closeAll,
  failure,
  pair,
  streamOf,
  text,
  texts,
  until,
} from './loopback.test.fixture.ts';

afterEach(closeAll);

const answer = (body: Message['body'], extra: Partial<Message> = {}): Message => ({
  contentType: 'application/json',
  metadata: noMetadata,
  body,
  ...extra,
});
const echo: Exchange = async ({ body }) => answer(body);

describe('the four kinds of call', () => {
  it('carries a value there and back', async () => {
    const calls: CallMessage[] = [];
    const { connection } = await pair(
      async (message) => {
        calls.push(message);
        return answer(Buffer.from(`hello ${text(message.body)}`));
      },
      { server: { peer: '10.0.0.7:51234' } },
    );
    const { contentType, body } = await connection.exchange(call('Ann', { attempt: 2 }));
    expect([contentType, text(body)]).toEqual(['application/json', 'hello Ann']);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      service: 'greeter',
      endpoint: 'Greeter.Hello',
      contentType: 'application/json',
      attempt: 2,
      peer: '10.0.0.7:51234',
    });
    expect(calls[0]!.metadata).toBe(noMetadata);
    expect(calls[0]!.lifetime.left).toBeGreaterThan(3_000);
    expect(calls[0]!.lifetime.left).toBeLessThanOrEqual(5_000);
  });

  it('streams answers, requests, and both at once', async () => {
    const { connection } = await pair(async ({ endpoint, body }) => {
      if (endpoint === 'Server') return answer(streamOf('a', '', 'c'));
      if (endpoint === 'Client') return answer(Buffer.from((await texts(body)).join('+')));
      return answer(body);
    });
    const server = await connection.exchange(call('', { endpoint: 'Server' }));
    expect(await texts(server.body)).toEqual(['a', '', 'c']);
    const client = await connection.exchange(call(streamOf('x', 'y'), { endpoint: 'Client' }));
    expect(text(client.body)).toBe('x+y');
    const both = await connection.exchange(call(streamOf('1', '2', '3'), { endpoint: 'Both' }));
    expect(await texts(both.body)).toEqual(['1', '2', '3']);
  });

  it('tells a stream of one message or none from a value', async () => {
    const shapes: string[] = [];
    const { connection } = await pair(async ({ body }) => {
      shapes.push(body instanceof Uint8Array ? 'value' : 'stream');
      return answer(body);
    });
    expect(text((await connection.exchange(call(''))).body)).toBe('');
    expect(await texts((await connection.exchange(call(streamOf('one')))).body)).toEqual(['one']);
    expect(await texts((await connection.exchange(call(streamOf()))).body)).toEqual([]);
    expect(shapes).toEqual(['value', 'stream', 'stream']);
  });

  it('lets both sides of a call talk in turn', async () => {
    const { connection } = await pair(async ({ body }) => {
      async function* doubled(): AsyncGenerator<Uint8Array> {
        for await (const n of body as AsyncIterable<Uint8Array>) {
          yield Buffer.from(String(2 * Number(Buffer.from(n).toString())));
        }
      }
      return answer(doubled());
    });
    let next = 1;
    let tell: () => void = () => undefined;
    async function* questions(): AsyncGenerator<Uint8Array> {
      while (next < 100) {
        const told = new Promise<void>((resolve) => (tell = resolve));
        yield Buffer.from(String(next));
        await told;
      }
    }
    const { body } = await connection.exchange(call(questions()));
    for await (const n of body as AsyncIterable<Uint8Array>) {
      next = Number(Buffer.from(n).toString());
      tell();
    }
    expect(next).toBe(128);
  });

  it('joins what is called at the same time, and keeps answers apart', async () => {
    const { connection } = await pair(echo);
    const all = Array.from({ length: 1_000 }, (_, i) => connection.exchange(call(`${i}`)));
    const bodies = (await Promise.all(all)).map(({ body }) => text(body));
    expect(bodies).toEqual(Array.from({ length: 1_000 }, (_, i) => `${i}`));
  });

  it('tells names apart, and takes more of them than there are numbers', async () => {
    const { connection } = await pair(async ({ service, endpoint, contentType }) =>
      answer(Buffer.from([service, endpoint, contentType].join())),
    );
    const ask = async (service: string, endpoint: string, contentType: string): Promise<string> =>
      text((await connection.exchange(call('', { service, endpoint, contentType }))).body);
    expect(await ask('a', 'E.X', 'text/plain')).toBe('a,E.X,text/plain');
    expect(await ask('b', 'E.X', 'text/plain')).toBe('b,E.X,text/plain');
    expect(await ask('b', 'E.X', 'application/json')).toBe('b,E.X,application/json');
    for (let i = 0; i < 5_000; i += 500) {
      const some = Array.from({ length: 500 }, (_, k) => ask('s', `E.M${i + k}`, 'ä/ö'));
      expect((await Promise.all(some)).pop()).toBe(`s,E.M${i + 499},ä/ö`);
    }
    const long = await failure(ask('s'.repeat(256), 'E.X', 'text/plain'));
    expect(long).toMatchObject({ code: 'invalid_argument', refused: true });
  });
});

describe('metadata', () => {
  it('travels both ways, in lower case, and reaches nothing', async () => {
    let seen: CallMessage['metadata'] = noMetadata;
    const { connection } = await pair(async (message) => {
      seen = message.metadata;
      return answer(message.body, { metadata: metadata({ took: '5 ms — äöü' }) });
    });
    const sent = metadata([
      ['x-tenant', 'acme'],
      ['__proto__', 'x'],
      ['constructor', ''],
    ]);
    const back = await connection.exchange(call('body', { metadata: sent }));
    expect(Object.getPrototypeOf(seen)).toBeNull();
    expect({ ...seen, ['__proto__']: 0 }).toMatchObject({ 'x-tenant': 'acme', constructor: '' });
    expect(Object.keys(seen)).toEqual(['x-tenant', '__proto__', 'constructor']);
    expect(seen['__proto__']).toBe('x');
    expect({ ...back.metadata }).toEqual({ took: '5 ms — äöü' });
    expect(text(back.body)).toBe('body');
  });

  it('travels with streams before their first message', async () => {
    let go: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (go = resolve));
    const { connection } = await pair(async ({ metadata: given }) => {
      async function* late(): AsyncGenerator<Uint8Array> {
        await gone;
        yield Buffer.from('x');
      }
      return answer(late(), { metadata: given });
    });
    const sent = { metadata: metadata({ a: '1' }) };
    const { metadata: got, body } = await connection.exchange(call(streamOf(), sent));
    expect({ ...got }).toEqual({ a: '1' });
    go();
    expect(await texts(body)).toEqual(['x']);
  });

  it('is bounded', async () => {
    const large = metadata({ key: 'v'.repeat(2_000) });
    const { connection } = await pair(
      async ({ endpoint, body }) =>
        answer(body, { metadata: endpoint === 'Large' ? large : noMetadata }),
      { limits: { metadataBytes: 4_000 }, clientLimits: { metadataBytes: 1_000 } },
    );
    const code = { code: 'resource_exhausted' };
    const own = failure(connection.exchange(call('', { metadata: large })));
    expect(await own).toMatchObject({ ...code, refused: true });
    const answered = failure(connection.exchange(call('', { endpoint: 'Large' })));
    expect(await answered).toMatchObject({ ...code, refused: false });
    expect(text((await connection.exchange(call('still here'))).body)).toBe('still here');
  });

  it('that the server does not take refuses the call only', async () => {
    let runs = 0;
    const { connection } = await pair(
      async ({ body }) => {
        runs++;
        return answer(body);
      },
      { limits: { metadataBytes: 100 }, clientLimits: { metadataBytes: 10_000 } },
    );
    const large = metadata({ key: 'v'.repeat(2_000) });
    const refused = await failure(connection.exchange(call('', { metadata: large })));
    expect(refused).toMatchObject({ code: 'resource_exhausted', refused: true });
    expect(runs).toBe(0);
    expect(text((await connection.exchange(call('still here'))).body)).toBe('still here');
  });
});

describe('errors', () => {
  it('arrive with code, text, details and origin', async () => {
    const { connection } = await pair(async () => {
      throw new MicroError('not_found', 'no user 7', { details: { id: 7 }, origin: 'users' });
    });
    const error = await failure(connection.exchange(call()));
    expect(error).toBeInstanceOf(MicroError);
    expect(error).toMatchObject({
      code: 'not_found',
      message: 'no user 7',
      details: { id: 7 },
      origin: 'users',
      refused: false,
    });
  });

  it('keep the mark of what was refused', async () => {
    const { connection } = await pair(async () => {
      throw new MicroError('unavailable', 'busy', { refused: true });
    });
    const error = await failure(connection.exchange(call()));
    expect(error).toMatchObject({ code: 'unavailable', refused: true, origin: 'greeter' });
  });

  it('of any other kind become internal, thrown at once or later', async () => {
    const { connection } = await pair((message) => {
      if (message.endpoint === 'Sync') throw new Error('secret');
      return Promise.reject(new Error('secret'));
    });
    for (const endpoint of ['Sync', 'Async']) {
      const error = await failure(connection.exchange(call('', { endpoint })));
      expect(error).toMatchObject({ code: 'internal', message: 'internal' });
    }
  });

  it('of a stream that breaks come after what was delivered', async () => {
    const { connection } = await pair(async () => {
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('a');
        yield Buffer.from('b');
        throw new MicroError('data_loss', 'the rest is gone');
      }
      return answer(broken());
    });
    const { body } = await connection.exchange(call());
    const got: string[] = [];
    const read = async (): Promise<void> => {
      for await (const message of body as AsyncIterable<Uint8Array>) {
        got.push(Buffer.from(message).toString());
      }
    };
    expect(await failure(read())).toMatchObject({ code: 'data_loss', message: 'the rest is gone' });
    expect(got).toEqual(['a', 'b']);
  });

  it('of a request that breaks end the call on both sides', async () => {
    let seen: unknown;
    let started = false;
    const { connection } = await pair(async ({ body }) => {
      started = true;
      await texts(body).catch((reason: unknown) => (seen = reason));
      return answer(Buffer.alloc(0));
    });
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a');
      await until(() => started);
      throw new MicroError('aborted', 'changed my mind');
    }
    const error = await failure(connection.exchange(call(broken())));
    expect(error).toMatchObject({ code: 'aborted', message: 'changed my mind' });
    await until(() => seen !== undefined);
    expect(seen).toMatchObject({ code: 'cancelled' });
  });

  it('of sources that are no streams at all hurt nobody else', async () => {
    const throwing = {
      [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
        throw new Error('no');
      },
    };
    const wrong = {
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 'text' }) }),
    } as unknown as AsyncIterable<Uint8Array>;
    const { connection } = await pair(async ({ endpoint, body }) => {
      if (endpoint === 'Throwing') return answer(throwing);
      if (endpoint === 'Wrong') return answer(wrong);
      if (endpoint === 'Nothing') return undefined as unknown as Message;
      return answer(body);
    });
    for (const endpoint of ['Throwing', 'Wrong']) {
      const { body } = await connection.exchange(call('', { endpoint }));
      expect(await failure(texts(body))).toMatchObject({ code: 'internal' });
    }
    const nothing = await failure(connection.exchange(call('', { endpoint: 'Nothing' })));
    expect(nothing).toMatchObject({ code: 'internal' });
    expect(await failure(connection.exchange(call(throwing)))).toMatchObject({ code: 'internal' });
    expect(await failure(connection.exchange(call(wrong)))).toMatchObject({ code: 'internal' });
    expect(text((await connection.exchange(call('fine'))).body)).toBe('fine');
  });
});

it('leaves nothing behind after 10,000 calls', async () => {
  const { connection, ends } = await pair(echo);
  const forever = new Lifetime();
  const count = (): number[] =>
    [ends.client, ends.server].map((socket) =>
      socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0),
    );
  await connection.exchange(call());
  const before = count();
  const listening = jest.spyOn(forever, 'onEnd');
  const leaving = jest.spyOn(forever, 'offEnd');
  const timers = jest.spyOn(globalThis, 'setTimeout');
  for (let i = 0; i < 10_000; i++) {
    await connection.exchange(call('x', { lifetime: forever }));
  }
  expect(count()).toEqual(before);
  expect(listening).toHaveBeenCalledTimes(10_000);
  expect(leaving).toHaveBeenCalledTimes(10_000);
  expect(timers.mock.calls.length).toBeLessThan(1_000); // those of the connection, and none of a call
  timers.mockRestore();
}, 30_000);
