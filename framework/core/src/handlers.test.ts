// What happens round a handler: what reaches it, what leaves it, and which call it belongs to.
import { setTimeout as pause } from 'node:timers/promises';
import { MicroError } from '@micro-ts/interface';
import type { Call, Context, Interceptor } from '@micro-ts/interface';
import { z } from 'zod';
import { Client, createApp, Handler, Raw, Service } from './index.ts';
import type { App, AppOptions } from './index.ts';
import { failureOf, memoryOptions, recorder, until } from './world.test.fixture.ts';

const seen: unknown[] = [];

@Service('odd')
class Odd {
  @Handler()
  async answer({ kind }: { kind: string }): Promise<object> {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    const answers: Record<string, unknown> = {
      nothing: undefined,
      null: null,
      text: 'text',
      list: [1, 2],
      bigint: { n: 12345678901234567890n },
      loop,
      hostile: {
        toJSON() {
          throw new Error('the password is hunter2');
        },
      },
    };
    return answers[kind] as object;
  }

  @Handler()
  now(): Promise<object> {
    throw new MicroError('aborted', 'at once');
  }

  @Handler()
  async nothing(request: object): Promise<object> {
    return { got: request };
  }

  @Handler({ request: z.object({ admin: z.literal(false) }) })
  async strict(request: { admin: boolean }): Promise<object> {
    seen.push(request);
    return {};
  }

  @Handler({
    response: z.object({ name: z.string(), at: z.string().default('now') }),
  })
  async checked(_request: object, { metadata }: Context): Promise<{ name: string }> {
    return { name: metadata['name'] as string, password: 'hunter2' } as { name: string };
  }

  @Handler({ response: z.object({ n: z.number().max(2) }) })
  async *checkedStream(): AsyncIterable<{ n: number }> {
    for (let n = 1; n < 5; n++) yield { n };
  }

  @Handler()
  async *loopy(): AsyncIterable<object> {
    yield {};
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    yield loop;
  }

  @Handler({ stream: 'client' })
  async collect(values: AsyncIterable<object>): Promise<object> {
    const all: object[] = [];
    for await (const each of values) all.push(each);
    return { all };
  }

  @Handler()
  async detail(): Promise<object> {
    const details = { list: [1], at: new Date(0) };
    seen.push(details);
    throw new MicroError('aborted', 'see', { details });
  }

  @Handler()
  async *hang(): AsyncIterable<{ n: number }> {
    yield { n: 1 };
    await new Promise(() => undefined);
  }
}

const later = z.object({ n: z.number() }).refine(async ({ n }) => {
  await pause(5);
  return n < 3;
}, 'too many');

@Service('async')
class Async {
  @Handler({ request: later, response: later })
  async add({ n }: { n: number }): Promise<{ n: number }> {
    return { n: n + 1 };
  }

  @Handler({ request: later, stream: 'bidi', response: later })
  async *each(values: AsyncIterable<{ n: number }>): AsyncIterable<{ n: number }> {
    for await (const { n } of values) yield { n: n + 1 };
  }
}

@Service('relay')
class Relay {
  constructor(@Client('odd2') private readonly odd: Client<Odd2>) {}

  /** The nested calls of a stream, whoever pulls it. */
  @Handler()
  async *traces(): AsyncIterable<object> {
    for (let n = 0; n < 2; n++) yield await this.odd.trace({});
  }

  @Handler({ stream: 'bidi' })
  async *pipe(values: AsyncIterable<object>): AsyncIterable<object> {
    for await (const _ of values) yield await this.odd.trace({});
  }

  /** Works on after it has answered. */
  @Handler()
  async later(): Promise<object> {
    void (async () => {
      await pause(600); // its own time is over then
      seen.push(await this.odd.trace({}).catch((error: unknown) => error));
    })();
    return {};
  }
}

@Service('odd2')
class Odd2 {
  @Handler()
  async trace(_request: object, { metadata, timeLeft }: Context): Promise<object> {
    return { trace: metadata['traceparent'] ?? 'none', left: Number.isFinite(timeLeft) };
  }
}

describe.each(['within one app', 'between two apps'])('a handler, %s', (where) => {
  let server: App;
  let app: App;
  const { logger, lines } = recorder();
  const boot = async (own: Partial<AppOptions> = {}): Promise<void> => {
    const options = memoryOptions({ logger, ...own });
    server = await createApp({ ...options, services: [Odd, Odd2, Relay, Async] });
    app = where === 'within one app' ? server : await createApp(options);
  };
  beforeEach(() => {
    lines.length = 0;
    seen.length = 0;
  });
  afterEach(async () => {
    await app.close();
    await server.close();
  });

  it.each([
    ['nothing', {}],
    ['null', {}],
    ['text', 'text'],
    ['list', [1, 2]],
    ['bigint', { n: '12345678901234567890' }],
  ])('that answers with %s is understood', async (kind, answer) => {
    await boot();
    expect(await app.call('odd', 'Odd.Answer', { kind })).toEqual(answer);
  });

  it.each(['loop', 'hostile'])('whose answer is a %s has a bug, which is logged', async (kind) => {
    await boot();
    const failure = await failureOf(app.call('odd', 'Odd.Answer', { kind }));
    expect([failure.code, failure.message]).toEqual(['internal', 'internal error']);
    expect(lines.filter((line) => line.includes('Odd.Answer'))).toHaveLength(1);
  });

  it('whose stream cannot be sent has a bug, which is logged', async () => {
    await boot();
    const read = async (): Promise<void> => {
      for await (const each of app.client<Odd>('odd').loopy()) seen.push(each);
    };
    const failure = await failureOf(read());
    expect([failure.code, failure.message, seen]).toEqual(['internal', 'internal error', [{}]]);
    expect(lines.filter((line) => line.includes('Odd.Loopy'))).toHaveLength(1);
  });

  it('may throw at once', async () => {
    await boot();
    expect((await failureOf(app.call('odd', 'Odd.Now'))).code).toBe('aborted');
  });

  it('gets a message where there was none', async () => {
    await boot();
    const nothing = new Raw('application/json', Buffer.from('null'));
    for (const request of [undefined, null, nothing])
      expect(await app.call('odd', 'Odd.Nothing', request)).toEqual({ got: {} });
  });

  it('gets no stream past its schema', async () => {
    await boot({
      interceptors: {
        client: [
          (next) => (call: Call) => {
            const stream = (async function* () {
              yield { admin: true };
            })();
            return next(call.endpoint === 'Odd.Strict' ? call.with({ request: stream }) : call);
          },
        ],
      },
    });
    const failure = await failureOf(app.call('odd', 'Odd.Strict', { admin: true }));
    expect([failure.code, seen]).toEqual(['invalid_argument', []]);
  });

  it('gets no single message where it takes a stream', async () => {
    await boot({
      interceptors: { client: [(next) => (call) => next(call.with({ request: {} }))] },
    });
    const failure = await failureOf(app.call('odd', 'Odd.Collect', []));
    expect(failure.code).toBe('invalid_argument');
    expect(lines).toEqual([]);
  });

  it('answers what its response schema lets through', async () => {
    await boot();
    const metadata = { name: 'Ann' };
    const answer = await app.call('odd', 'Odd.Checked', {}, { metadata });
    expect(answer).toEqual({ name: 'Ann', at: 'now' });
    expect((await failureOf(app.call('odd', 'Odd.Checked'))).code).toBe('internal');
    expect(lines.filter((line) => line.includes('Odd.Checked'))).toHaveLength(1);
    const read = async (): Promise<void> => {
      for await (const each of app.client<Odd>('odd').checkedStream()) seen.push(each);
    };
    expect((await failureOf(read())).code).toBe('internal');
    expect(seen).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('shares no details of errors with its caller', async () => {
    await boot();
    const failure = await failureOf(app.call('odd', 'Odd.Detail'));
    expect(failure.details).toEqual({ list: [1], at: '1970-01-01T00:00:00.000Z' });
    (failure.details as { list: number[] }).list.push(2);
    expect(seen).toEqual([{ list: [1], at: new Date(0) }]);
  });

  it('that hangs in a stream holds up nobody who leaves it, or whose time is over', async () => {
    await boot();
    const began = performance.now();
    const stream = app.client<Odd>('odd').hang()[Symbol.asyncIterator]();
    expect(await stream.next()).toEqual({ done: false, value: { n: 1 } });
    const waiting = stream.next();
    await stream.return?.();
    expect((await waiting).done).toBe(true);
    const late = app.client<Odd>('odd').hang({}, { timeout: 80 });
    const read = async (): Promise<void> => {
      for await (const each of late) seen.push(each);
    };
    expect((await failureOf(read())).code).toBe('deadline_exceeded');
    expect(performance.now() - began).toBeLessThan(2_000);
    await until(() => seen.length === 1);
  });

  it('that hangs before its first answer holds up nobody who leaves', async () => {
    const hanging = [() => () => new Promise<never>(() => undefined)];
    await boot({ interceptors: { server: hanging }, shutdownTimeout: 200 });
    const began = performance.now();
    const stream = app.client<Odd>('odd').hang()[Symbol.asyncIterator]();
    expect((await stream.return?.())?.done).toBe(true);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('that streams makes its nested calls as part of its own', async () => {
    await boot();
    const metadata = { traceparent: 'mine' };
    const options = { metadata, timeout: 3_000 };
    const relay = app.client<Relay>('relay');
    for await (const each of relay.traces({}, options)) seen.push(each);
    for await (const each of relay.pipe([{}, {}], options)) seen.push(each);
    expect(seen).toEqual(Array(4).fill({ trace: 'mine', left: true }));
  });

  it('may go on calling after it has answered', async () => {
    await boot();
    await app.call('relay', 'Relay.Later', {}, { timeout: 400, metadata: { traceparent: 'mine' } });
    await until(() => seen.length === 1);
    expect(seen).toEqual([{ trace: 'mine', left: true }]);
  });

  it('may have schemas that take their time', async () => {
    await boot();
    const client = app.client<Async>('async');
    const codeOf = async (work: Promise<unknown>): Promise<string> => (await failureOf(work)).code;
    expect(await client.add({ n: 1 })).toEqual({ n: 2 });
    expect(await codeOf(client.add({ n: 5 }))).toBe('invalid_argument');
    expect(await codeOf(client.add({ n: 2 }))).toBe('internal');
    const read = async (...values: { n: number }[]): Promise<void> => {
      for await (const each of client.each(values)) seen.push(each);
    };
    await read({ n: 0 }, { n: 1 });
    expect(seen).toEqual([{ n: 1 }, { n: 2 }]);
    expect(await codeOf(read({ n: 5 }))).toBe('invalid_argument');
    expect(await codeOf(read({ n: 2 }))).toBe('internal');
  });

  it('keeps its deadline when an interceptor stands round its stream', async () => {
    const through: Interceptor = (next) => async (call) => {
      const answer = (await next(call)) as AsyncIterable<unknown>;
      return (async function* () {
        for await (const each of answer) yield each;
      })();
    };
    await boot({ interceptors: { client: [through] } });
    const read = async (): Promise<void> => {
      for await (const each of app.client<Odd>('odd').hang({}, { timeout: 80 })) seen.push(each);
    };
    expect((await failureOf(read())).code).toBe('deadline_exceeded');
  });

  it('is told when an interceptor passes on something that is no call', async () => {
    const careless: Interceptor = (next) => (call) => next({ ...call } as Call);
    await boot({ interceptors: { client: [careless] } });
    const failure = await failureOf(app.call('odd', 'Odd.Now'));
    expect([failure.code, failure.message]).toEqual(['internal', expect.stringContaining('with')]);
  });
});
