// Closing ends, whatever hangs, and leaves nothing behind.
import { setTimeout as pause } from 'node:timers/promises';
import { closable, definePlugin } from '@micro-ts/interface';
import type { Context, Registry } from '@micro-ts/interface';
import { createApp, Handler, Inject, provide, Service, Subscribe } from './index.ts';
import type { App } from './index.ts';
import { failureOf, memoryOptions, nodeOf, recorder, until } from './world.test.fixture.ts';

const seen: string[] = [];

@Service('slow')
class Slow {
  @Handler()
  async hang(_request: object, { signal }: Context): Promise<object> {
    signal.addEventListener('abort', () => seen.push('told to end'));
    return new Promise(() => undefined);
  }
  @Handler()
  async work(): Promise<object> {
    await pause(150);
    seen.push('worked');
    return {};
  }
  @Subscribe('hang')
  async onHang(_event: object, { signal }: Context): Promise<void> {
    signal.addEventListener('abort', () => seen.push('event told to end'));
    await new Promise(() => undefined);
  }
  async stopping(): Promise<void> {
    seen.push('stopping');
  }
}

@Service('stuck')
class Stuck {
  async stopping(): Promise<void> {
    await new Promise(() => undefined);
  }
}

/** How long it takes, in ms. */
async function timed(work: Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work;
  return performance.now() - began;
}

describe('closing', () => {
  beforeEach(() => {
    seen.length = 0;
  });

  it('cuts off what runs on beyond its time, after telling it', async () => {
    const { logger, lines } = recorder();
    const options = memoryOptions();
    const server = await createApp({
      ...options,
      logger,
      services: [Slow],
      shutdownTimeout: 300,
    });
    const client = await createApp(options);
    const call = failureOf(client.call('slow', 'Slow.Hang', {}, { timeout: 60_000 }));
    await server.publish('hang', {});
    await pause(50);
    const took = await timed(server.close());
    expect(took).toBeGreaterThan(150);
    expect(took).toBeLessThan(8_000);
    expect((await call).code).toBe('unavailable');
    expect([...seen].sort()).toEqual(['event told to end', 'stopping', 'told to end']);
    expect(lines.filter((line) => line.includes('cut off'))).toHaveLength(1);
    await client.close();
  });

  it('does not wait for ever for a service that stops', async () => {
    const app = await createApp(memoryOptions({ services: [Stuck], shutdownTimeout: 300 }));
    expect(await timed(app.close())).toBeLessThan(4_000);
  });

  it('does not wait for ever for a plugin that closes', async () => {
    const hanging = definePlugin({
      name: 'hanging',
      connect: async () => closable(() => new Promise<never>(() => undefined)),
      roles: {
        registry: {
          supports: { ttl: true, watch: false, scope: 'host' },
          create: (_options, { connection }): Registry => ({
            register: async () => void (await connection()),
            deregister: async () => undefined,
            lookup: async () => [],
            list: async () => [],
          }),
        },
      },
    });
    const own = { registry: hanging(), services: [Slow], shutdownTimeout: 300 };
    const app = await createApp(memoryOptions(own));
    expect(await timed(app.close())).toBeLessThan(4_000);
  });

  it('waits for calls between its own services', async () => {
    const app = await createApp(memoryOptions({ services: [Slow] }));
    const call = app.call('slow', 'Slow.Work');
    await app.close();
    await expect(call).resolves.toEqual({});
    expect(seen).toEqual(['worked', 'stopping']);
  });

  it('does not wait for a handler whose caller has given up', async () => {
    const app = await createApp(memoryOptions({ services: [Slow] }));
    await failureOf(app.call('slow', 'Slow.Hang', {}, { timeout: 30 }));
    expect(await timed(app.close())).toBeLessThan(8_000);
  });

  it('ends the streams between its own services', async () => {
    @Service('endless')
    class Endless {
      @Handler()
      async *ticks(_request: object, { signal }: Context): AsyncIterable<object> {
        while (!signal.aborted) {
          yield {};
          await pause(10);
        }
        seen.push('ended');
      }
    }
    const app = await createApp(memoryOptions({ services: [Endless] }));
    const read = async (): Promise<void> => {
      for await (const _ of app.client<Endless>('endless').ticks({}));
    };
    const reading = failureOf(read());
    await pause(50);
    expect(await timed(app.close())).toBeLessThan(8_000);
    expect((await reading).code).toBe('unavailable');
  });

  it('ends streams that would go on for ever sooner than events, which do not', async () => {
    jest.useFakeTimers({ doNotFake: ['performance', 'nextTick', 'setImmediate'] });
    try {
      @Service('both')
      class Both {
        @Handler()
        async *ticks(_request: object, { signal }: Context): AsyncIterable<object> {
          yield {};
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          seen.push('stream told');
        }
        @Subscribe('long')
        async onLong(_event: object, { signal }: Context): Promise<void> {
          signal.addEventListener('abort', () => seen.push('event told'));
          await new Promise((resolve) => setTimeout(resolve, 9_000)); // the faked one
          seen.push('event done');
        }
      }
      const options = memoryOptions();
      const server = await createApp({ ...options, services: [Both] });
      const client = await createApp(options);
      const stream = client.client<Both>('both').ticks({})[Symbol.asyncIterator]();
      await stream.next();
      const next = failureOf(stream.next());
      await server.publish('long', {});
      await jest.advanceTimersByTimeAsync(10);
      const closing = server.close();
      await jest.advanceTimersByTimeAsync(12_000);
      await closing;
      expect((await next).code).toBe('unavailable');
      expect(seen.filter((each) => each !== 'ended')).toEqual(['stream told', 'event done']);
      await client.close();
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('a closed app', () => {
  let app: App;
  beforeAll(async () => {
    app = await createApp(memoryOptions({ services: [Slow] }));
    await app.close();
  });

  it('takes nothing new', async () => {
    seen.length = 0;
    const refused: Record<string, () => Promise<unknown>> = {
      call: () => app.call('slow', 'Slow.Work'),
      direct: () => app.call('slow', 'Slow.Work', {}, { address: '127.0.0.1:1' }),
      publish: () => app.publish('some.event', {}),
      subscribe: () => app.subscribe('some.event', async () => undefined),
      register: () => app.register(nodeOf('a')),
      watch: () => app.watch(() => undefined),
    };
    for (const [verb, work] of Object.entries(refused)) {
      const { code } = await failureOf(Promise.race([work(), pause(1_000)]));
      expect([verb, code]).toEqual([verb, 'unavailable']);
    }
    expect([seen, app.health().parts]).toEqual([[], {}]);
  });
});

describe('what an app was asked to keep open', () => {
  it('is closed with it', async () => {
    const { logger, lines } = recorder();
    const options = memoryOptions();
    const other = await createApp({ ...options });
    const app = await createApp({ ...options, logger });
    const heard: unknown[] = [];
    const watch = await app.watch((changed) => heard.push([...changed]), 'shop');
    await app.register(nodeOf('a'));
    await app.subscribe('some.event', async (event) => void heard.push(event));
    await until(() => heard.length === 2);
    await app.close();
    await Promise.race([watch.closed, pause(1_000).then(() => Promise.reject(new Error('late')))]);
    expect(await other.lookup('shop')).toEqual([]);
    heard.length = 0;
    await other.register(nodeOf('b'));
    await other.publish('some.event', {});
    await pause(150);
    expect([heard, lines]).toEqual([[], []]);
    await other.close();
  });

  it('leaves nothing behind when it is closed before', async () => {
    const app = await createApp(memoryOptions());
    for (let n = 0; n < 3; n++) {
      const opened = [
        await app.watch(() => undefined, 'shop'),
        await app.register(nodeOf('a')),
        await app.subscribe('some.event', async () => undefined),
      ];
      for (const each of opened) await each.close();
    }
    expect(app.health().parts).toEqual({});
    await app.close();
  });

  it('is closed when it is configured wrongly', async () => {
    const app = await createApp(memoryOptions());
    const wrong = { delivery: 'at-most-often' as 'at-most-once' };
    await expect(app.subscribe('a', async () => undefined, wrong)).rejects.toThrow('at-most-often');
    expect(app.health()).toEqual({ status: 'ok', parts: {} });
    await app.close();
  });

  it('tells of a node that could not be taken out of the registry', async () => {
    const { logger, lines } = recorder();
    const registry = definePlugin({
      name: 'sticky',
      roles: {
        registry: {
          supports: { ttl: true, watch: false, scope: 'host' },
          create: (): Registry => ({
            register: async () => undefined,
            deregister: () => Promise.reject(new Error('no way')),
            lookup: async () => [],
            list: async () => [],
          }),
        },
      },
    })();
    const app = await createApp(memoryOptions({ registry, services: [Slow], logger }));
    await app.close();
    expect(lines.filter((line) => line.includes('no way'))).toHaveLength(1);
  });
});

describe('an app that cannot start', () => {
  it('says why, also if it cannot be closed either', async () => {
    class Pool {
      close(): never {
        throw new Error('cannot close');
      }
    }
    @Service('user')
    class User {
      constructor(@Inject(Pool) readonly pool: Pool) {}
      async started(): Promise<void> {
        throw new Error('cannot start');
      }
    }
    const providers = [provide(Pool, { factory: () => new Pool() })];
    const boot = createApp(memoryOptions({ services: [User], providers }));
    await expect(boot).rejects.toThrow('cannot start');
  });

  it('and one that cannot be closed closes all the rest', async () => {
    class Pool {
      close(): never {
        throw new Error('cannot close');
      }
    }
    @Service('user')
    class User {
      constructor(@Inject(Pool) readonly pool: Pool) {}
    }
    const providers = [provide(Pool, { factory: () => new Pool() })];
    const app = await createApp(memoryOptions({ services: [User], providers }));
    await expect(app.close()).rejects.toThrow('not all that was provided closed');
    expect((await failureOf(app.lookup('user'))).message).toContain('closed');
  });
});
