import { ConfigError, MicroError, noMetadata } from '@micro-ts/interface';
import type { Call, Context, Interceptor } from '@micro-ts/interface';
import memory from '@micro-ts/memory';
import { z } from 'zod';
import type { App, AppOptions } from './index.ts';
import { Client, ConsoleLogger, createApp, Handler, Inject, Publisher, Raw } from './index.ts';
import { Service, Subscribe, topic } from './index.ts';
import { recorder, until } from './world.test.fixture.ts';

const greeted = topic<{ name: string }>('greeted');
const heard: string[] = [];

@Service('greeter', { version: '1.2.3', metadata: { zone: 'eu' } })
class Greeter {
  readonly log: string[] = [];

  @Handler({ request: z.object({ name: z.string().min(1) }) })
  async hello({ name }: { name: string }): Promise<{ message: string }> {
    return { message: `Hello ${name}` };
  }

  @Handler()
  async *count({ from }: { from: number }, { signal }: Context): AsyncIterable<{ n: number }> {
    for (let n = from; n > 0 && !signal.aborted; n--) yield { n };
    if (from === 13) throw new MicroError('failed_precondition', 'unlucky');
  }

  @Handler({ stream: 'client' })
  async sum(numbers: AsyncIterable<{ n: number }>): Promise<{ sum: number }> {
    let sum = 0;
    for await (const { n } of numbers) sum += n;
    return { sum };
  }

  @Handler({ stream: 'bidi' })
  async *echo(words: AsyncIterable<{ word: string }>): AsyncIterable<{ word: string }> {
    for await (const { word } of words) yield { word: word.toUpperCase() };
  }

  @Handler()
  async fail({ how }: { how: string }): Promise<object> {
    if (how === 'coded') throw new MicroError('not_found', 'no such thing', { details: { id: 7 } });
    if (how === 'refused') throw new MicroError('unavailable', 'further in', { refused: true });
    if (how === 'string') throw 'the password is hunter2';
    if (how === 'null') throw null;
    throw new Error('the password is hunter2');
  }

  @Handler()
  async wait(_request: object, { signal, timeLeft }: Context): Promise<{ left: number }> {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    heard.push(`aborted: ${(signal.reason as MicroError).code}`);
    // The caller's own deadline may be some ms behind: an answer in between would count.
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { left: timeLeft };
  }

  @Handler({ idempotent: true, timeout: 50 })
  async slow(): Promise<object> {
    await new Promise((resolve) => setTimeout(resolve, 200));
    return {};
  }

  @Handler()
  async who(_request: object, { metadata, attempt }: Context): Promise<object> {
    return { metadata, attempt };
  }
}

@Service('relay')
class Relay {
  constructor(
    @Client('greeter') private readonly greeter: Client<Greeter>,
    @Inject(Publisher) private readonly events: Publisher,
  ) {}

  @Handler()
  async hello({ name }: { name: string }): Promise<{ message: string }> {
    await this.events.publish(greeted, { name });
    return this.greeter.hello({ name });
  }

  @Handler()
  async trace(): Promise<object> {
    return this.greeter.who({}, { metadata: { own: 'yes' } });
  }

  @Handler()
  async nested(): Promise<object> {
    return this.greeter.wait({});
  }

  @Subscribe(greeted, { queue: 'relay' })
  async onGreeted({ name }: { name: string }): Promise<void> {
    heard.push(name);
  }
}

const lines: string[] = [];
const logger = new ConsoleLogger('info', {}, (line) => void lines.push(line), true);
const network = memory();
const options: AppOptions = {
  registry: network,
  broker: network,
  transports: [network],
  logger,
  grace: 0,
};

/** The same must hold for services of the app itself and for those of another. */
describe.each(['within one app', 'between two apps'])('calls %s', (where) => {
  let server: App;
  let app: App;

  beforeAll(async () => {
    server = await createApp({ ...options, services: [Greeter, Relay] });
    app = where === 'within one app' ? server : await createApp(options);
  });
  afterAll(async () => {
    await app.close();
    await server.close();
  });
  beforeEach(() => {
    heard.length = 0;
    lines.length = 0;
  });

  it('answers a typed call, by name and by class', async () => {
    const byName = app.client<Greeter>('greeter');
    const byClass = app.client(Greeter);
    expect(await byName.hello({ name: 'Ann' })).toEqual({ message: 'Hello Ann' });
    expect(await byClass.hello({ name: 'Bob' })).toEqual({ message: 'Hello Bob' });
  });

  it('streams in all directions', async () => {
    const greeter = app.client<Greeter>('greeter');
    const counted: number[] = [];
    for await (const { n } of greeter.count({ from: 3 })) counted.push(n);
    expect(counted).toEqual([3, 2, 1]);
    expect(await greeter.sum([{ n: 1 }, { n: 2 }])).toEqual({ sum: 3 });
    const words: string[] = [];
    for await (const { word } of greeter.echo([{ word: 'a' }, { word: 'b' }])) words.push(word);
    expect(words).toEqual(['A', 'B']);
  });

  it('brings the error of a stream after its values', async () => {
    const counted: number[] = [];
    const read = async (): Promise<void> => {
      for await (const { n } of app.client<Greeter>('greeter').count({ from: 13 })) counted.push(n);
    };
    await expect(read()).rejects.toMatchObject({ code: 'failed_precondition' });
    expect(counted).toHaveLength(13);
  });

  it('refuses what the schema refuses, and says where', async () => {
    const call = app.call('greeter', 'Greeter.Hello', { name: '' });
    await expect(call).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('name') as string,
    });
  });

  it.each(['coded', 'refused', 'string', 'null', 'error'])('brings the error %s', async (how) => {
    const error = await app.call('greeter', 'Greeter.Fail', { how }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(MicroError);
    const { code, message, details, refused, origin } = error as MicroError;
    expect(message).not.toContain('hunter2');
    expect([refused, origin]).toEqual([false, 'greeter']);
    if (how === 'coded') expect([code, details]).toEqual(['not_found', { id: 7 }]);
    else if (how === 'refused') expect(code).toBe('unavailable');
    else {
      expect(code).toBe('internal');
      const logged = lines.filter((line) => line.includes('a handler failed'));
      expect(logged).toHaveLength(1);
      if (how !== 'null') expect(logged[0]).toContain('hunter2');
    }
  });

  it('ends at the deadline, and tells the handler', async () => {
    const call = app.client<Greeter>('greeter').wait({}, { timeout: 60 });
    await expect(call).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await until(() => heard.length === 1);
    expect(heard[0]).toMatch(/deadline_exceeded|cancelled/);
  });

  it('takes the deadline of the endpoint, if the caller has none', async () => {
    const call = app.client<Greeter>('greeter').slow();
    await expect(call).rejects.toMatchObject({ code: 'deadline_exceeded' });
  });

  it('ends when the caller cancels, and tells the handler', async () => {
    const cancel = new AbortController();
    const call = app.client<Greeter>('greeter').wait({}, { signal: cancel.signal });
    setTimeout(() => cancel.abort(), 30);
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    await until(() => heard.length === 1);
    expect(heard).toEqual(['aborted: cancelled']);
  });

  it('inherits cancel and deadline in nested calls', async () => {
    const call = app.client<Relay>('relay').nested({}, { timeout: 60 });
    await expect(call).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await until(() => heard.length === 1);
  });

  it('carries metadata one step, and the trace all the way', async () => {
    const metadata = { Traceparent: '00-1-2-01', tenant: 'acme' };
    const seen = await app.call('relay', 'Relay.Trace', {}, { metadata });
    expect(seen).toMatchObject({ metadata: { traceparent: '00-1-2-01', own: 'yes' } });
    expect(seen).not.toMatchObject({ metadata: { tenant: 'acme' } });
  });

  it('passes raw bytes through, so that no number is rounded', async () => {
    const request = new Raw('application/json', Buffer.from('{"name":"9007199254740993"}'));
    const answer = await app.call('greeter', 'Greeter.Hello', request, { raw: true });
    expect(Buffer.from((answer as Raw).bytes).toString()).toBe(
      '{"message":"Hello 9007199254740993"}',
    );
  });

  it('publishes to a queue', async () => {
    await app.client<Relay>('relay').hello({ name: 'Eve' });
    await app.publish(greeted, { name: 'Dan' });
    await until(() => heard.length === 2);
    expect(heard.sort()).toEqual(['Dan', 'Eve']);
  });

  it('answers go-micro’s debug calls, and lists them nowhere', async () => {
    expect(await app.call('greeter', 'Debug.Health')).toMatchObject({ status: 'ok' });
    const stats = await app.call('greeter', 'Debug.Stats');
    expect(stats).toMatchObject({
      memory: expect.any(Number) as number,
      endpoints: {
        'Greeter.Hello': { in_flight: 0, latency: { p50: expect.any(Number) as number } },
      },
    });
    const [node] = await app.lookup('greeter');
    expect(node?.endpoints.map(({ name }) => name)).not.toContain('Debug.Health');
  });

  it('knows what it does not know', async () => {
    const code = async (service: string, endpoint: string): Promise<unknown> =>
      app.call(service, endpoint, {}, { timeout: 500 }).catch((e: MicroError) => e.code);
    expect(await code('greeter', 'Greeter.Nope')).toBe('unimplemented');
    expect(await code('greeter', 'Greeter.constructor')).toBe('unimplemented');
    expect(await code('greeter', '__proto__')).toBe('unimplemented');
    expect(await code('nobody', 'Greeter.Hello')).toMatch(/not_found|deadline_exceeded/);
  });

  it('has clients that are no promises', async () => {
    const greeter = app.client('greeter');
    expect(await Promise.resolve(greeter)).toBe(greeter);
    expect(JSON.stringify({ greeter })).toBe('{"greeter":{}}');
  });
});

describe('an app', () => {
  it('describes its node', async () => {
    const app = await createApp({ ...options, services: [Greeter], metadata: { tier: 'gold' } });
    const [node] = app.nodes;
    expect(node).toMatchObject({
      service: 'greeter',
      version: '1.2.3',
      metadata: { zone: 'eu', tier: 'gold', registry: 'memory', broker: 'memory', server: 'mucp' },
    });
    expect(node?.id).toMatch(/^greeter-[0-9a-f-]{36}$/);
    const hello = node?.endpoints.find(({ name }) => name === 'Greeter.Hello');
    expect(hello?.request).toMatchObject({
      properties: { name: { type: 'string', minLength: 1 } },
    });
    expect(node?.endpoints.map(({ name, kind }) => `${name} ${kind}`)).toEqual(
      expect.arrayContaining(['Greeter.Count server', 'Greeter.Sum client', 'Greeter.Echo bidi']),
    );
    await app.close();
    expect(await (await createAndClose()).length).toBe(0);
  });

  async function createAndClose(): Promise<readonly object[]> {
    const app = await createApp(options);
    const nodes = await app.lookup('greeter');
    await app.close();
    return nodes;
  }

  it('runs interceptors of both sides, the first outermost', async () => {
    const seen: string[] = [];
    const note =
      (name: string): Interceptor =>
      (next) =>
      async (call: Call) => {
        seen.push(`${name} ${call.side} ${call.kind} ${call.endpoint}`);
        return next(call);
      };
    const interceptors = { client: [note('a'), note('b')], server: [note('c')] };
    const app = await createApp({ ...options, services: [Greeter], interceptors });
    await app.call('greeter', 'Greeter.Hello', { name: 'Ann' });
    await app.publish('some.topic', {});
    await app.close();
    expect(seen).toEqual([
      'a client unary Greeter.Hello',
      'b client unary Greeter.Hello',
      'c server unary Greeter.Hello',
      'a client event some.topic',
      'b client event some.topic',
    ]);
  });

  it('lets the services start before anybody hears of them, and stop after the last call', async () => {
    const order: string[] = [];
    @Service('hooked')
    class Hooked {
      async started(): Promise<void> {
        order.push(`started, registered: ${(await peek()).length}`);
      }
      async stopping(): Promise<void> {
        order.push(`stopping, registered: ${(await peek()).length}`);
      }
      @Handler() async work(): Promise<object> {
        await new Promise((resolve) => setTimeout(resolve, 100));
        order.push('worked');
        return {};
      }
    }
    const other = await createApp(options);
    const peek = (): Promise<readonly object[]> => other.lookup('hooked');
    const app = await createApp({ ...options, services: [Hooked] });
    const call = other.call('hooked', 'Hooked.Work');
    await new Promise((resolve) => setTimeout(resolve, 30));
    await app.close();
    await expect(call).resolves.toEqual({});
    await other.close();
    expect(order).toEqual(['started, registered: 0', 'worked', 'stopping, registered: 0']);
  });

  it('takes instances as services', async () => {
    const app = await createApp({ ...options, services: [new Greeter()] });
    expect(await app.call('greeter', 'Greeter.Sum', [{ n: 4 }])).toEqual({ sum: 4 });
    await app.close();
  });

  it('keeps the records of others registered, and watches', async () => {
    const app = await createApp(options);
    const seen: number[] = [];
    const watch = await app.watch(
      (changed) => seen.push(changed.get('legacy')?.length ?? -1),
      'legacy',
    );
    const node = {
      id: 'legacy-1',
      service: 'legacy',
      version: '1',
      address: '127.0.0.1:9',
      metadata: noMetadata,
      endpoints: [],
    };
    const registration = await app.register(node);
    expect(await app.lookup('legacy')).toHaveLength(1);
    await registration.close();
    await until(() => seen.length >= 3);
    expect(seen.slice(-2)).toEqual([1, 0]);
    const other = await createApp(options);
    await other.register(node);
    expect(await app.lookup('legacy')).toHaveLength(1);
    await app.deregister(node);
    expect(await app.lookup('legacy')).toEqual([]);
    await watch.close();
    await Promise.all([app.close(), other.close()]);
  });

  it('goes on watching for a listener that throws, and says so', async () => {
    const { logger, lines } = recorder();
    const app = await createApp({ ...options, logger });
    let calls = 0;
    const watch = await app.watch(() => {
      calls += 1;
      throw new Error('mine');
    }, 'legacy');
    const parts = { version: '1', address: '127.0.0.1:9', metadata: noMetadata, endpoints: [] };
    await app.register({ ...parts, id: 'legacy-1', service: 'legacy' });
    await until(() => calls >= 2);
    expect(await app.lookup('legacy')).toHaveLength(1);
    expect(lines.filter((line) => line.includes('a listener of watch failed'))).toHaveLength(calls);
    await watch.close();
    await app.close();
  });

  it.each([
    ['a class without @Service', [class Plain {}], 'has no @Service'],
    [
      'a schema that is none',
      [
        (() => {
          @Service('bad')
          class Bad {
            @Handler({ request: class Empty {} })
            async hello(_request: object): Promise<object> {
              return {};
            }
          }
          return Bad;
        })(),
      ],
      'neither a Standard Schema',
    ],
  ])('does not boot with %s', async (_what, services, problem) => {
    const boot = createApp({ ...options, services });
    await expect(boot).rejects.toThrow(ConfigError);
    await expect(boot).rejects.toThrow(problem);
  });

  it('shares nothing with another app of the process', async () => {
    const alone = memory();
    const app = await createApp({ registry: alone, broker: alone, transports: [alone], grace: 0 });
    const other = await createApp({ ...options, services: [Greeter] });
    await expect(
      app.call('greeter', 'Greeter.Hello', { name: 'Ann' }, { timeout: 300 }),
    ).rejects.toThrow(MicroError);
    await app.close();
    await other.close();
  });
});
