// Whole apps over NATS: registry, calls and events.
import { createApp, Handler, Service } from '@micro-ts/core';
import type { App } from '@micro-ts/core';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import nats from '../index.ts';
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

async function app(url: string, services: readonly (new () => object)[]): Promise<App> {
  const plugin = nats({ servers: url });
  const made = await createApp({
    ...{ registry: plugin, transports: [plugin], broker: plugin, logger: silent },
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
  'nats',
  true,
)('apps over NATS', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('nats');
  });
  afterAll(() => server.close());
  afterEach(closeAll);

  it('are restarted ten times, one of two each time, and no call fails', async () => {
    const nodes = [await app(server.url, [Greeter]), await app(server.url, [Greeter])];
    const caller = await app(server.url, []);
    await pause(300);
    const { told, end } = callAll(caller, 64);
    await pause(500);
    for (let n = 0; n < 10; n++) {
      await nodes[n % 2]?.close();
      nodes[n % 2] = await app(server.url, [Greeter]);
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
