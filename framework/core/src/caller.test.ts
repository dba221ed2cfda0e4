// What a caller may ask for, and what he gets if nobody is careful.
import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners, getMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Context, Lifetime, metadata, noMetadata } from '@micro-ts/interface';
import type { ContextKey, LifetimeListener, Metadata } from '@micro-ts/interface';
import { createApp, Handler, Raw, Service } from './index.ts';
import type { App } from './index.ts';
import { failureOf, memoryOptions, nodeOf, until, World } from './world.test.fixture.ts';

const storage = new AsyncLocalStorage<string>();

@Service('list', { version: '1' })
class List {
  @Handler()
  async stats(): Promise<{ of: string }> {
    return { of: 'the list' };
  }
  @Handler()
  async health(): Promise<{ of: string }> {
    return { of: 'the list' };
  }
  @Handler()
  async fail({ deep }: { deep: object }): Promise<object> {
    throw Object.assign(new Error('secret'), { deep });
  }
  @Handler({ stream: 'client' })
  async sum(numbers: AsyncIterable<{ n: number }>): Promise<{ sum: number }> {
    let sum = 0;
    for await (const { n } of numbers) sum += n;
    return { sum };
  }
  @Handler()
  async *ever(_request: object, { signal }: Context): AsyncIterable<{ n: number }> {
    for (let n = 0; !signal.aborted; n++) {
      yield { n };
      await pause(5);
    }
  }
  @Handler({ stream: 'client' })
  async first(numbers: AsyncIterable<{ n: number }>): Promise<{ first: number }> {
    for await (const { n } of numbers) return { first: n };
    return { first: 0 };
  }
}

/** A call that others are part of. */
class Outer extends Context {
  readonly service = 'outer';
  readonly endpoint = 'Outer.Call';
  readonly metadata: Metadata = noMetadata;
  readonly attempt = 1;
  readonly peer = undefined;
  readonly signal = new AbortController().signal;
  timeLeft = 1_000;
  get<T>(key: ContextKey<T>): T {
    return key.initial;
  }
  set(): void {}
}

describe('options', () => {
  let app: App;
  beforeAll(async () => (app = await createApp(memoryOptions({ services: [List] }))));
  afterAll(() => app.close());

  it('may share one signal, however many calls do', async () => {
    const { signal } = new AbortController();
    const calls = Array.from({ length: 20 }, () => app.call('list', 'List.Stats', {}, { signal }));
    expect(getEventListeners(signal, 'abort').length).toBe(20);
    expect(getMaxListeners(signal)).toBe(Infinity); // the warning itself would be heard by Jest only
    await Promise.all(calls);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each([
    { timeout: 0 },
    { timeout: -1 },
    { timeout: NaN },
    { timeout: '5' as unknown as number },
    { retries: -1 },
    { retries: NaN },
    { retries: 1.5 },
  ])('%p are refused in a sentence', async (options) => {
    const began = performance.now();
    const failure = await failureOf(app.call('list', 'List.Stats', {}, options));
    const [name = ''] = Object.keys(options);
    expect([failure.code, failure.message]).toEqual([
      'invalid_argument',
      expect.stringContaining(name),
    ]);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it.each([{ timeout: Infinity }, { timeout: 1e300 }, { timeout: 0x7fffffff + 1 }, { retries: 0 }])(
    '%p are fine',
    async (options) => {
      await expect(app.call('list', 'List.Stats', {}, options)).resolves.toBeDefined();
    },
  );

  it('refuses metadata that is no text', async () => {
    const metadata = { count: 5 } as unknown as Record<string, string>;
    const failure = await failureOf(app.call('list', 'List.Stats', {}, { metadata }));
    expect([failure.code, failure.message]).toEqual([
      'invalid_argument',
      expect.stringContaining('count'),
    ]);
  });
});

describe('a call that is part of another', () => {
  /** Counts who listens. */
  class Counting extends Lifetime {
    listening = 0;
    override onEnd(listener: LifetimeListener): void {
      this.listening++;
      super.onEnd(listener);
    }
    override offEnd(listener: LifetimeListener): void {
      this.listening--;
      super.offEnd(listener);
    }
  }

  it('leaves no listener on it, whatever goes wrong', async () => {
    let listening = -1;
    let app: App | undefined = undefined;
    @Service('outer')
    class Calling {
      @Handler()
      async go(_request: object, context: Context): Promise<object> {
        const counting = new Counting();
        const inner = (context as unknown as { with(c: object): Context }).with({
          lifetime: counting,
        });
        const call = (endpoint: string, request: unknown, options: object = {}): Promise<unknown> =>
          (app as unknown as App).call('list', endpoint, request, { context: inner, ...options });
        await call('List.Stats', {});
        await call('List.Sum', 'no stream').catch(() => undefined);
        await call('List.Nope', {}).catch(() => undefined);
        await call('List.Ever', {}, { timeout: 20 }).catch(() => undefined);
        await pause(100);
        listening = counting.listening;
        return {};
      }
    }
    app = await createApp(memoryOptions({ services: [List, Calling] }));
    await app.call('outer', 'Calling.Go');
    expect(listening).toBe(0);
    await app.close();
  });

  it('fails with the reason why the other ended', async () => {
    const app = await createApp(memoryOptions({ services: [List] }));
    const context = new Outer();
    context.timeLeft = 60;
    const read = async (): Promise<void> => {
      const stream = (await app.call(
        'list',
        'List.Ever',
        {},
        { context },
      )) as AsyncIterable<object>;
      for await (const _ of stream);
    };
    expect((await failureOf(read())).code).toBe('deadline_exceeded');
    await app.close();
  });
});

describe('a stream that nobody reads', () => {
  it('is no unhandled rejection when it fails', async () => {
    const world = new World();
    const app = await world.app();
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      void app.client('shop').list?.({}, { timeout: 20 });
      await pause(60);
      world.set(nodeOf('a'));
      world.behaviour.set('a', () => Promise.reject(new Error('no')));
      void app.client('shop').list?.({}, { timeout: 20 });
      await pause(60);
    } finally {
      process.off('unhandledRejection', note);
      await app.close();
    }
    expect(unhandled).toEqual([]);
  });
});

describe('between services of one app it is as between two', () => {
  let server: App;
  let client: App;
  beforeAll(async () => {
    const options = memoryOptions();
    server = await createApp({ ...options, services: [List] });
    client = await createApp(options);
  });
  afterAll(async () => {
    await client.close();
    await server.close();
  });

  /** What both make of it. */
  async function both<T>(work: (app: App) => Promise<T>): Promise<T> {
    const [one, two] = await Promise.all([work(server), work(client)]);
    expect(one).toEqual(two);
    return one;
  }

  it('calls handlers by whatever name they have', async () => {
    expect(await both((app) => app.client<List>('list').stats())).toEqual({ of: 'the list' });
    expect(await both((app) => app.client<List>('list').health())).toEqual({ of: 'the list' });
  });

  it('brings no cause of an error', async () => {
    const failure = await both(async (app) => {
      const { code, message, cause } = await failureOf(app.call('list', 'List.Fail', { deep: {} }));
      return { code, message, cause };
    });
    expect(failure).toEqual({ code: 'internal', message: 'internal error', cause: undefined });
  });

  it('answers with a value unless raw bytes were asked for', async () => {
    const request = new Raw('application/json', Buffer.from('{}'));
    expect(await both((app) => app.call('list', 'List.Stats', request))).toEqual({
      of: 'the list',
    });
    const raw = await both((app) => app.call('list', 'List.Stats', request, { raw: true }));
    expect(raw).toBeInstanceOf(Raw);
  });

  it('refuses raw bytes of a kind that nobody knows before it sends them', async () => {
    const failure = await both(async (app) => {
      const request = new Raw('application/x-unheard-of', Buffer.from('{}'));
      const { code } = await failureOf(app.call('list', 'List.Stats', request));
      return code;
    });
    expect(failure).toBe('invalid_argument');
  });

  it('takes streams of raw bytes, of one content type', async () => {
    const chunk = new Raw('application/json', Buffer.from('{"n":4}'));
    expect(await both((app) => app.call('list', 'List.Sum', [chunk, chunk]))).toEqual({ sum: 8 });
    const other = new Raw('application/octet-stream', Buffer.from('{"n":4}'));
    const mixed = await both(async (app) => {
      return (await failureOf(app.call('list', 'List.Sum', [chunk, other]))).code;
    });
    expect(mixed).toBe('invalid_argument');
  });

  it('pulls a stream of requests where it was made', async () => {
    const seen: (string | undefined)[] = [];
    await both((app) => {
      const numbers = async function* (): AsyncGenerator<object> {
        seen.push(storage.getStore());
        yield { n: 1 };
        seen.push(storage.getStore());
      };
      return storage.run('mine', () => app.call('list', 'List.Sum', numbers()));
    });
    expect(new Set(seen)).toEqual(new Set(['mine']));
  });

  it('ends a stream of requests that is not read to its end', async () => {
    let ended = 0;
    await both((app) => {
      const numbers = async function* (): AsyncGenerator<object> {
        try {
          for (let n = 1; ; n++) yield { n };
        } finally {
          ended++;
        }
      };
      return app.call('list', 'List.First', numbers());
    });
    await until(() => ended === 2);
  });

  it('wakes a handler that waits for requests when the time is over', async () => {
    const stats = async (app: App): Promise<unknown> => {
      const { endpoints } = (await app.call('list', 'Debug.Stats')) as {
        endpoints: Record<string, { in_flight: number }>;
      };
      return endpoints['List.Sum']?.in_flight;
    };
    await both(async (app) => {
      const never = {
        [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
      };
      return (await failureOf(app.call('list', 'List.Sum', never, { timeout: 50 }))).code;
    });
    await pause(50);
    expect(await stats(server)).toBe(0);
  });

  it('refuses what there is not, and content types that nobody knows', async () => {
    const refused = await both(async (app) => {
      const { code, refused } = await failureOf(app.call('list', 'List.Nope'));
      const contentType = 'application/x-unheard-of';
      const other = await failureOf(app.call('list', 'List.Stats', {}, { contentType }));
      return [code, refused, other.code];
    });
    expect(refused).toEqual(['unimplemented', true, 'invalid_argument']);
  });
});

describe('names that JavaScript has ideas of its own about', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then'];

  it.each(names)('%s is a name like any other', async (name) => {
    const options = memoryOptions({ services: [List] });
    const app = await createApp(options);
    const code = async (service: string, endpoint: string): Promise<string> =>
      (await failureOf(app.call(service, endpoint, {}, { timeout: 50 }))).code;
    expect(await code('list', name)).toBe('unimplemented');
    expect(await code('list', `List.${name}`)).toBe('unimplemented');
    expect(await code(name, name)).toMatch(/deadline_exceeded|not_found/);
    const metadata = new Map([[name, 'text']]);
    await app.call('list', 'List.Stats', {}, { metadata });
    const filters = { labels: JSON.parse(`{"${name}":"text"}`) as Record<string, string> };
    await failureOf(app.call('list', 'List.Stats', {}, { filters, timeout: 50 }));
    const heard: unknown[] = [];
    await app.subscribe(name, async (_event, { metadata }) => void heard.push({ ...metadata }));
    await app.publish(name, {}, { metadata });
    await until(() => heard.length === 1);
    expect(Object.hasOwn(heard[0] as object, name.toLowerCase())).toBe(true);
    expect(({} as Record<string, unknown>)['text']).toBeUndefined();
    await app.close();
  });
});

describe('a node that speaks what this app does not', () => {
  it('is said to', async () => {
    const world = new World();
    world.set(nodeOf('a', { metadata: metadata({ transport: 'smoke-signals' }) }));
    const app = await world.app();
    const failure = await failureOf(app.call('shop', 'Shop.Buy'));
    expect([failure.code, failure.message]).toEqual([
      'unavailable',
      expect.stringContaining('smoke-signals'),
    ]);
    await app.close();
  });
});

describe('filters', () => {
  it('lead to other nodes than that of the app itself', async () => {
    const options = memoryOptions();
    const one = await createApp({ ...options, services: [List], version: '1' });
    const two = await createApp({ ...options, services: [List], version: '2' });
    const { endpoints } = (await one.call('list', 'Debug.Stats')) as { endpoints: object };
    expect(endpoints).toBeDefined();
    for (let n = 0; n < 3; n++)
      await one.call('list', 'List.Stats', {}, { filters: { version: '2' } });
    await one.call('list', 'List.Stats', {}, { filters: { version: '1' } });
    const calls = async (app: App): Promise<unknown> => {
      const stats = (await app.call('list', 'Debug.Stats')) as {
        endpoints: Record<string, { calls: number }>;
      };
      return stats.endpoints['List.Stats']?.calls;
    };
    expect([await calls(one), await calls(two)]).toEqual([1, 3]);
    await two.close();
    await one.close();
  });
});
