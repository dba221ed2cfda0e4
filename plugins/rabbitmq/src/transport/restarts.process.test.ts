// Whole apps over RabbitMQ: calls and events; their registry is a list of this process.
import { createApp, Handler, Service } from '@micro-ts/core';
import type { App } from '@micro-ts/core';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { closable, definePlugin } from '@micro-ts/interface';
import type { Node, RegistryListener } from '@micro-ts/interface';
import rabbitmq from '../index.ts';
import { silent } from '../silent.test.fixture.ts';
import { afterwards, closeAll, pause } from './nodes.test.fixture.ts';

@Service('greeter')
class Greeter {
  @Handler({ idempotent: false })
  async hello({ name }: { name: string }): Promise<{ message: string }> {
    await pause(Math.random() * 10);
    return { message: `Hello ${name}` };
  }
}

const nodes = new Map<string, Node>();
const listeners = new Set<RegistryListener>();
const ofService = (service: string): Node[] =>
  [...nodes.values()].filter((node) => node.service === service);
const tell = (service: string): void => {
  for (const listener of listeners) listener(new Map([[service, ofService(service)]]));
};

/** A registry for the apps of this process. */
const list = definePlugin({
  name: 'list',
  roles: {
    registry: {
      supports: { ttl: false, watch: true, scope: 'host' },
      create: () => ({
        register: async (node: Node) => {
          nodes.set(node.id, node);
          tell(node.service);
        },
        deregister: async ({ id, service }: Node) => {
          nodes.delete(id);
          tell(service);
        },
        lookup: async (service: string) => ofService(service),
        list: async () => [...new Set([...nodes.values()].map(({ service }) => service))],
        watch: async (listener: RegistryListener) => {
          const watch = closable(() => void listeners.delete(listener));
          listeners.add(listener);
          for (const { service } of nodes.values()) {
            listener(new Map([[service, ofService(service)]]));
          }
          return watch;
        },
      }),
    },
  },
});

async function app(url: string, services: readonly (new () => object)[]): Promise<App> {
  const plugin = rabbitmq({ address: url });
  const made = await createApp({
    ...{ registry: list(), transports: [plugin], broker: plugin, logger: silent },
    ...{ services: [...services], retries: 3, deadline: 5_000 },
  });
  afterwards(() => made.close());
  return made;
}

/** Calls all the time, so many at once; counts what fails. */
function callAll(caller: App, atOnce: number) {
  const client = caller.client<Greeter>('greeter');
  const told = { calls: 0, failed: [] as unknown[], lastFailure: 0, over: false };
  const loops = Array.from({ length: atOnce }, async () => {
    while (!told.over) {
      try {
        const { message } = await client.hello({ name: 'Ann' });
        expect(message).toBe('Hello Ann');
      } catch (error) {
        told.failed.push(error);
        told.lastFailure = performance.now();
        await pause(20);
      }
      told.calls++;
    }
  });
  return { told, end: () => ((told.over = true), Promise.all(loops)) };
}

needsServer(
  describe,
  'rabbitmq',
  true,
)('apps over RabbitMQ', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('rabbitmq');
  });
  afterAll(() => server.close());
  afterEach(closeAll);

  it('are restarted ten times, one of two each time, and no call fails', async () => {
    const both = [await app(server.url, [Greeter]), await app(server.url, [Greeter])];
    const caller = await app(server.url, []);
    await pause(300);
    const { told, end } = callAll(caller, 64);
    await pause(500);
    for (let n = 0; n < 10; n++) {
      await both[n % 2]?.close();
      both[n % 2] = await app(server.url, [Greeter]);
      await pause(150);
    }
    await end();
    console.log(`ten restarts: ${told.calls} calls, ${told.failed.length} failed`);
    expect(told.failed).toEqual([]);
    expect(told.calls).toBeGreaterThan(1_000);
  });

  it('go on within five seconds after their server was away for ten', async () => {
    const node = await app(server.url, [Greeter]);
    const caller = await app(server.url, []);
    const address = node.nodes[0]?.address;
    await pause(300);
    const { told, end } = callAll(caller, 8);
    await pause(500);
    expect(told.failed).toEqual([]);
    await server.stop();
    await pause(10_000);
    expect(told.failed.length).toBeGreaterThan(0);
    for (const error of told.failed) expect(error).toMatchObject({ code: 'unavailable' });
    expect(node.health().status).toBe('degraded');
    await server.start();
    const back = performance.now();
    await pause(8_000);
    console.log(`back: last failure after ${(told.lastFailure - back).toFixed(0)} ms`);
    expect(told.lastFailure - back).toBeLessThan(5_000);
    expect([node.health().status, node.nodes[0]?.address]).toEqual(['ok', address]);
    await end();
  });
});
