// Whoever answers in the place of Consul, and how its answers are followed.
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterwards, closeAll, until } from '@micro-ts/testing';
import { open } from './app.test.fixture.ts';
import consul from './index.ts';

/** Address of something that answers like Consul, or not quite. */
async function fakeConsul(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(() => {
    server.close();
    server.closeAllConnections();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('what is watched in consul', () => {
  afterEach(closeAll);

  it('is refused where answers have no index: each question would be answered at once', async () => {
    const address = await fakeConsul((_request, response) => void response.end('[]'));
    const { registry } = open(consul({ address }));
    await expect(registry.watch(() => undefined, 'x')).rejects.toMatchObject({
      code: 'unavailable',
      message: `consul at ${address} answers without X-Consul-Index: is consul.address that of Consul?`,
    });
  });

  it('is lost where later answers have none', async () => {
    const address = await fakeConsul(({ url }, response) => {
      if (url?.includes('index=') !== true) response.setHeader('x-consul-index', 7);
      response.end('[]');
    });
    const watch = await open(consul({ address })).registry.watch(() => undefined, 'x');
    expect(await watch.closed).toMatchObject({ message: expect.stringMatching(/X-Consul-Index/) });
  });

  it.each([0, 7])('is asked for in peace where the index %i is answered at once', async (index) => {
    const asked: number[] = [];
    const address = await fakeConsul(({ url }, response) => {
      if (url?.includes('index=') === true) asked.push(performance.now());
      response.setHeader('x-consul-index', index).end('[]');
    });
    await open(consul({ address })).registry.watch(() => undefined, 'x');
    await until(() => asked.length === 5);
    expect((asked[4] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(300);
  });

  it('answers with an index that has gone back, and is followed on', async () => {
    let index = 90;
    const asked: string[] = [];
    let held: (() => void) | undefined;
    const tags = ['v=1'];
    const instance = (id: string) => ({ Service: { ID: id, Service: 'x', Tags: tags, Port: 1 } });
    let instances = [instance('a')];
    const address = await fakeConsul((request, response) => {
      const send = (): void => {
        response.setHeader('x-consul-index', index).end(JSON.stringify(instances));
      };
      if (request.url?.includes('/status/')) return void response.end('"x"');
      const at = /index=(\d+)/.exec(request.url ?? '')?.[1];
      asked.push(at ?? 'first');
      if (at === undefined || Number(at) !== Math.max(1, index)) send();
      else held = send;
    });
    const { registry } = open(consul({ address }));
    const told: string[] = [];
    await registry.watch((changed) => {
      told.push((changed.get('x') ?? []).map(({ id }) => id).join());
    }, 'x');
    const release = (): void => {
      const send = held;
      held = undefined;
      send?.();
    };
    await until(() => held !== undefined);
    index = 0; // it has lost all, and says what is no index
    instances = [instance('b')];
    release();
    await until(() => told.length === 2);
    await until(() => held !== undefined);
    index = 3;
    instances = [];
    release();
    await until(() => told.length === 3);
    expect(told).toEqual(['a', 'b', '']);
    await until(() => held !== undefined);
    expect(asked).toEqual(['first', '90', '1', '3']);
  });
});
