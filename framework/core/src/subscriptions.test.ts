import { setTimeout as pause } from 'node:timers/promises';
import { ConfigError, definePlugin, MicroError } from '@micro-ts/interface';
import type { Broker } from '@micro-ts/interface';
import { createApp, Raw } from './index.ts';
import type { App, SubscriptionOptions } from './index.ts';
import { failureOf, memoryOptions, recorder, until } from './world.test.fixture.ts';

describe('subscriptions', () => {
  const { logger, lines } = recorder();
  const told = (): readonly string[] => lines.filter((line) => line.includes('not handled'));
  let app: App;
  beforeEach(async () => {
    lines.length = 0;
    app = await createApp(memoryOptions({ logger }));
  });
  afterEach(() => app.close());

  it.each<SubscriptionOptions>([
    { attempts: 0 },
    { attempts: NaN },
    { concurrency: 0 },
    { concurrency: -1 },
    { concurrency: NaN },
  ])('with %p are refused', async (options) => {
    const [name = ''] = Object.keys(options);
    const own: SubscriptionOptions = { delivery: 'at-least-once', queue: 'q', ...options };
    await expect(app.subscribe('a', async () => undefined, own)).rejects.toThrow(name);
  });

  it('say that an event failed, and that it was given up, and not each attempt', async () => {
    let attempts = 0;
    const options = { queue: 'q', delivery: 'at-least-once', attempts: 12 } as const;
    const handler = async (): Promise<void> => {
      attempts++;
      throw attempts % 2 === 0 ? new Error('oops') : new MicroError('unavailable', 'oops');
    };
    const kept = await app.subscribe('some.event', handler, options);
    await app.publish('some.event', {});
    await until(() => attempts === 12);
    await pause(50);
    expect(told()).toEqual([
      expect.stringContaining('"attempt":1,"last":false'),
      expect.stringContaining('"attempt":12,"last":true'),
    ]);
    await kept.close();
  });

  it('say once what failed once', async () => {
    for (const error of [new Error('oops'), new MicroError('not_found', 'oops')]) {
      lines.length = 0;
      const kept = await app.subscribe('some.event', () => Promise.reject(error));
      await app.publish('some.event', {});
      await until(() => lines.length > 0);
      await pause(20);
      expect(told()).toEqual([expect.stringContaining('oops')]);
      await kept.close();
    }
  });

  it('get what was published, raw or not', async () => {
    const heard: unknown[] = [];
    const raw = await app.subscribe('some.event', async (event) => void heard.push(event), {
      raw: true,
    });
    await app.publish('some.event', { n: 1n });
    await app.publish('some.event', new Raw('application/x-other', Buffer.from([1])));
    await app.publish('some.event', undefined as unknown as object);
    await until(() => heard.length === 3);
    expect(heard.map((each) => `${(each as Raw).contentType}`)).toEqual([
      'application/json',
      'application/x-other',
      'application/json',
    ]);
    const text = (at: number): string => Buffer.from((heard[at] as Raw).bytes).toString();
    expect([text(0), text(2)]).toEqual(['{"n":"1"}', '{}']);
    await raw.close();
  });

  it('rejects with a MicroError whatever an interceptor does', async () => {
    const failing = await createApp(
      memoryOptions({
        interceptors: { client: [() => () => Promise.reject(new TypeError('oops'))] },
      }),
    );
    expect((await failureOf(failing.publish('some.event', {}))).code).toBe('internal');
    await failing.close();
  });

  it('have figures by whatever topic, and none when they are closed', async () => {
    const { Service, Handler } = await import('./index.ts');
    @Service('figures')
    class Figures {
      @Handler() async get(): Promise<object> {
        return {};
      }
    }
    const mine = await createApp(memoryOptions({ services: [Figures], name: 'figures' }));
    const kept = await mine.subscribe('__proto__', async () => undefined);
    const names = async (): Promise<string[]> => {
      const stats = await mine.call('figures', 'Debug.Stats', {});
      return Object.keys((stats as { endpoints: object }).endpoints);
    };
    await mine.publish('__proto__', {});
    expect(await names()).toContain('Figures.Get');
    await kept.close();
    expect(await names()).toEqual(['Figures.Get']);
    await mine.close();
  });

  it('that are configured wrongly are not kept', async () => {
    const broker: Broker = {
      publish: async () => undefined,
      subscribe: () => Promise.reject(new ConfigError('broker', 'no such exchange')),
    };
    const plugin = definePlugin({
      name: 'strict',
      roles: {
        broker: {
          supports: {
            ...{ delivery: ['at-most-once'], queues: true, deadLetter: false },
            ...{ wildcards: false, ordering: 'none', headers: true },
          },
          create: () => broker,
        },
      },
    })();
    const mine = await createApp(memoryOptions({ broker: plugin }));
    const subscribing = mine.subscribe('some.event', async () => undefined);
    await expect(subscribing).rejects.toThrow('no such exchange');
    expect(mine.health()).toEqual({ status: 'ok', parts: {} });
    await mine.close();
  });
});
