import { createServer } from 'node:http';
import { Lifetime, metadata, MicroError, noMetadata } from '@micro-ts/interface';
import type { CallMessage, Exchange, Message } from '@micro-ts/interface';
import {
  afterwards,
  call,
  closeAll,
  connectTo,
  gate,
  greet,
  json,
  listen,
  open,
} from './app.test.fixture.ts';
import { pause, plain, surroundings, textOf, until } from './app.test.fixture.ts';

afterEach(closeAll);

const failure = (work: Promise<unknown>): Promise<MicroError> =>
  work.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error as MicroError,
  );

describe.each([
  ['plain HTTP', false],
  ['frames', true],
])('calls over %s', (_name, frames) => {
  const pair = async (exchange: Exchange) => {
    const listener = await listen(exchange, { frames });
    return { listener, connection: await connectTo(listener) };
  };

  it('carry a request and its answer', async () => {
    const { connection } = await pair(greet);
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_none, at) =>
        json(await connection.exchange(call({ name: `n${at}` }))),
      ),
    );
    expect(answers).toEqual(
      Array.from({ length: 100 }, (_none, at) => ({ message: `Hello n${at}` })),
    );
  });

  it('carry names, deadline, attempt and metadata', async () => {
    let seen: CallMessage | undefined;
    const { connection } = await pair(async (message) => {
      seen = message;
      return { ...message, metadata: metadata({ zone: 'ü-a' }), body: new Uint8Array(0) };
    });
    const given = metadata({ 'x-tenant': 'acme', unicode: 'ü ☃ 日本' });
    const lifetime = new Lifetime(performance.now() + 5_000);
    const sent = call({}, { metadata: given, attempt: 2, lifetime, service: 'grüße' });
    const answer = await connection.exchange(sent);
    expect(seen).toMatchObject({ service: 'grüße', endpoint: 'Greeter.Hello', attempt: 2 });
    expect({ ...seen?.metadata }).toEqual({ ...given });
    expect(seen?.lifetime.left).toBeGreaterThan(1_000);
    expect(seen?.lifetime.left).toBeLessThanOrEqual(5_000);
    expect(seen?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(answer.contentType).toBe('application/json');
    expect({ ...answer.metadata }).toEqual({ zone: 'ü-a' });
  });

  it('carry errors with code, text, details and the mark of what was refused', async () => {
    const thrown = new MicroError('failed_precondition', 'nö\nnot now', {
      origin: 'greeter',
      details: { again: 5 },
      refused: true,
    });
    const { connection } = await pair(() => Promise.reject(thrown));
    const error = await failure(connection.exchange(call({})));
    expect(error).toMatchObject({ code: 'failed_precondition', origin: 'greeter', refused: true });
    expect(error.message).toContain('nö');
    expect(error.details).toEqual({ again: 5 });
  });

  it('are cancelled on the other side when their lifetime ends', async () => {
    const reason = gate<MicroError>();
    const { connection } = await pair(async ({ lifetime }) => {
      lifetime.onEnd(reason.open);
      return new Promise<Message>(() => undefined);
    });
    const lifetime = new Lifetime();
    const running = failure(connection.exchange(call({}, { lifetime })));
    await pause(50);
    lifetime.end(new MicroError('cancelled', 'enough'));
    expect((await running).message).toBe('enough');
    expect((await reason.opened).code).toBe('cancelled');
    expect(json(await (await pair(greet)).connection.exchange(call({ name: 'x' })))).toBeDefined();
  });

  it('fail with unavailable when the listener goes, and the connection tells', async () => {
    const { listener, connection } = await pair(() => new Promise<Message>(() => undefined));
    const running = failure(connection.exchange(call({})));
    await pause(50);
    await listener.close();
    const error = await running;
    expect(error).toMatchObject({ code: 'unavailable', refused: false });
    expect(await connection.closed).toBeDefined();
  });

  it('carry bodies up to the limit, and refuse larger ones without sending them', async () => {
    const exchange: Exchange = async (message) => message;
    const limits = { messageBytes: 300_000 };
    const listener = await listen(exchange, { frames }, limits);
    const connection = await connectTo(listener, {}, limits);
    const body = Buffer.alloc(300_000, 7);
    const contentType = 'application/octet-stream';
    const answer = await connection.exchange(call({}, { body, contentType }));
    expect(Buffer.compare(answer.body as Uint8Array, body)).toBe(0);
    const larger = Buffer.alloc(300_001);
    const error = await failure(connection.exchange(call({}, { body: larger, contentType })));
    expect(error).toMatchObject({ code: 'resource_exhausted', refused: true });
    const small = await connectTo(listener, {}, { messageBytes: 1_000 });
    const back = { ...(await connection.exchange(call({}))) };
    expect(back.contentType).toBe('application/json');
    const grown: Exchange = async (message) => ({ ...message, body: Buffer.alloc(2_000) });
    const other = await connectTo(await listen(grown, { frames }), {}, { messageBytes: 1_000 });
    expect(await failure(other.exchange(call({})))).toMatchObject({ code: 'resource_exhausted' });
    await small.close();
  });

  it('a drain loses no call', async () => {
    let ran = 0;
    const { listener, connection } = await pair(async (message) => {
      ran++;
      await pause(1);
      return message;
    });
    let [answered, refused, going] = [0, 0, true];
    const states: string[] = [];
    connection.onState?.((state) => states.push(state));
    const worker = async (): Promise<void> => {
      while (going) {
        try {
          await connection.exchange(call({}));
          answered++;
        } catch (error) {
          if (!(error as MicroError).refused) throw error;
          refused++;
          await pause(1);
        }
      }
    };
    const workers = Array.from({ length: 16 }, worker);
    await pause(100);
    await listener.drain();
    await pause(50);
    going = false;
    await Promise.all(workers);
    expect(answered).toBe(ran);
    expect(refused).toBeGreaterThan(0);
    expect(states).toContain('draining');
    expect(await connection.closed).toBeUndefined();
  });
});
