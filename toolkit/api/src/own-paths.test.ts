import { Handler, Service } from 'micro-ts';
import { openWorld } from './world.test.fixture.ts';
import type { World } from './world.test.fixture.ts';

@Service('shop')
class Shop {
  @Handler({ http: 'POST /health' })
  async heal(): Promise<object> {
    return { healed: true };
  }

  @Handler({ http: 'GET /docs/{page}' })
  async page({ page }: { page: string }): Promise<object> {
    return { page };
  }

  @Handler({ http: 'GET /orders/{id}' })
  async order({ id }: { id: string }): Promise<object> {
    return { id };
  }
}

let world: World;
beforeAll(async () => (world = await openWorld({ rpc: true }, [Shop])));
afterAll(() => world.close());

it.each([
  ['/health', 'GET, HEAD'],
  ['/ready', 'GET, HEAD'],
  ['/stats', 'GET'],
  ['/metrics', 'GET'],
  ['/openapi.json', 'GET, HEAD'],
  ['/docs', 'GET, HEAD'],
  ['/docs/', 'GET, HEAD'],
  ['/rpc', 'POST'],
])('%s answers to %s, and tells so who asks otherwise', async (path, allow) => {
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const headers = { 'content-type': 'text/x-unknown' };
    const answer = await fetch(world.url + path, { method, headers });
    if (allow.split(', ').includes(method)) expect(answer.status).not.toBe(405);
    else expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, allow]);
    await answer.body?.cancel();
  }
});

it('are in no OpenAPI as the routes of services that have asked for them', async () => {
  const answer = await fetch(`${world.url}/openapi.json`);
  const { paths } = (await answer.json()) as { paths: Record<string, object> };
  const routes = Object.entries(paths).map(([path, item]) => `${Object.keys(item).join()} ${path}`);
  expect(routes).toEqual(['get /orders/{id}', 'post /shop/heal', 'post /shop/page']);
  const page = await fetch(`${world.url}/shop/page?page=a`);
  expect(await page.json()).toEqual({ page: 'a' });
});
