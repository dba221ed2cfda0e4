import { Handler, Service } from 'micro-ts';
import { calls } from './index.ts';
import { openWorld } from './world.test.fixture.ts';
import type { World } from './world.test.fixture.ts';

@Service('shop')
class Shop {
  @Handler({ http: 'GET /health' })
  async health(): Promise<object> {
    return { shop: true };
  }

  @Handler({ http: 'POST /health' })
  async heal(): Promise<object> {
    return { healed: true };
  }

  @Handler({ http: 'GET /docs/{page}' })
  async page(): Promise<object> {
    return { shop: true };
  }

  @Handler({ http: 'GET /orders/{id}' })
  async order(): Promise<object> {
    return { order: true };
  }
}

let world: World;
afterEach(() => world.close());

it('tells once of a route that the server itself answers, and of no other', async () => {
  const warnings: string[] = [];
  const warn = (text: string): void => void warnings.push(text);
  world = await openWorld(
    async (server, edge) => {
      server.get('/health', async () => ({ server: true }));
      server.get('/docs/*', async () => ({ server: true }));
      await server.register(calls, { edge });
    },
    { warn },
    [Shop],
  );
  const ask = async (path: string, method = 'GET'): Promise<unknown> =>
    (await fetch(world.url + path, { method })).json();
  for (let times = 0; times < 2; times++) expect(await ask('/orders/7')).toEqual({ order: true });
  expect(await ask('/health')).toEqual({ server: true });
  expect(await ask('/health', 'POST')).toEqual({ healed: true });
  const reason = 'is not served: the server itself answers there';
  expect(warnings).toEqual([
    `The route GET /docs/{page} of shop Shop.Page ${reason}`,
    `The route GET /health of shop Shop.Health ${reason}`,
  ]);
});

it('looks below the prefix of the calls', async () => {
  const warnings: string[] = [];
  const warn = (text: string): void => void warnings.push(text);
  world = await openWorld(
    async (server, edge) => {
      server.get('/health', async () => ({ server: true }));
      await server.register(calls, { edge, prefix: '/v2' });
    },
    { warn },
    [Shop],
  );
  expect(await (await fetch(`${world.url}/v2/health`)).json()).toEqual({ shop: true });
  expect(warnings).toEqual([]);
});
