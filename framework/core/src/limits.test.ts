// What is too large is told where it is made, with the limit.
import { MicroError } from '@micro-ts/interface';
import { createApp, Handler, Service } from './index.ts';
import type { App } from './index.ts';
import { failureOf, memoryOptions, nodeOf, until, World } from './world.test.fixture.ts';

const limits = { messageBytes: 1_000, metadataBytes: 200 };
const large = 'x'.repeat(1_000);
const text = expect.stringContaining('1000') as string;

@Service('store')
class Store {
  @Handler({ idempotent: true })
  async get(): Promise<object> {
    return { large };
  }
  @Handler()
  async *list(): AsyncIterable<object> {
    yield {};
    yield { large };
  }
  @Handler({ stream: 'client' })
  async put(values: AsyncIterable<object>): Promise<object> {
    for await (const _ of values);
    return {};
  }
}

describe.each(['within one app', 'between two apps'])('%s', (where) => {
  let server: App;
  let app: App;
  beforeAll(async () => {
    const options = memoryOptions();
    server = await createApp({ ...options, limits, services: [Store] });
    app = where === 'within one app' ? server : await createApp({ ...options, limits });
  });
  afterAll(async () => {
    await app.close();
    await server.close();
  });

  it('metadata is bounded', async () => {
    const metadata = { text: 'é'.repeat(100) };
    const failure = await failureOf(app.call('store', 'Store.Get', {}, { metadata }));
    expect([failure.code, failure.message]).toEqual([
      'resource_exhausted',
      expect.stringContaining('200'),
    ]);
    const event = await failureOf(app.publish('some.event', {}, { metadata }));
    expect(event.code).toBe('resource_exhausted');
  });

  it('events are bounded', async () => {
    const failure = await failureOf(app.publish('some.event', { large }));
    expect([failure.code, failure.message]).toEqual(['resource_exhausted', text]);
  });
});

describe('between two apps', () => {
  let server: App;
  let app: App;
  beforeAll(async () => {
    const options = memoryOptions();
    server = await createApp({ ...options, limits, services: [Store] });
    app = await createApp({ ...options });
  });
  afterAll(async () => {
    await app.close();
    await server.close();
  });

  it('answers are bounded', async () => {
    const failure = await failureOf(app.call('store', 'Store.Get', {}, { retries: 0 }));
    expect([failure.code, failure.message, failure.origin]).toEqual([
      'resource_exhausted',
      text,
      'store',
    ]);
  });

  it('each message of a stream is', async () => {
    const seen: unknown[] = [];
    const read = async (): Promise<void> => {
      for await (const each of app.client<Store>('store').list()) seen.push(each);
    };
    const failure = await failureOf(read());
    expect([failure.code, failure.message, seen]).toEqual(['resource_exhausted', text, [{}]]);
  });
});

describe('a request that is too large', () => {
  it('is sent to nobody, and is not tried again', async () => {
    const world = new World();
    world.set(nodeOf('a'), nodeOf('b'));
    let asked = 0;
    const app = await world.app({
      limits,
      selector: undefined,
    });
    const selector = {
      select: <T>(all: readonly T[]): T => {
        asked++;
        return all[0] as T;
      },
    };
    for (const endpoint of ['Shop.Buy', 'Shop.Look']) {
      const failure = await failureOf(app.call('shop', endpoint, { large }, { selector }));
      expect([failure.code, failure.message]).toEqual(['resource_exhausted', text]);
    }
    expect([asked, world.calls]).toEqual([0, []]);
    await app.close();
  });

  it('ends its stream', async () => {
    const world = new World();
    world.set(nodeOf('a'));
    let broke: unknown;
    world.behaviour.set('a', async ({ body }) => {
      try {
        for await (const _ of body as AsyncIterable<Uint8Array>);
      } catch (error) {
        broke = error;
        throw error;
      }
      throw new Error('it should not get here');
    });
    const app = await world.app({ limits });
    const failure = await failureOf(app.call('shop', 'Shop.Fill', [{}, { large }]));
    await until(() => broke !== undefined);
    expect([failure.code, (broke as MicroError).code]).toEqual([
      'resource_exhausted',
      'resource_exhausted',
    ]);
    await app.close();
  });
});
