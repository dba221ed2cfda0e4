import { calls, requestStats } from './index.ts';
import { openWorld, seen, until } from './world.test.fixture.ts';
import type { World } from './world.test.fixture.ts';

let world: World;
/** Answers that have ended, which is a little after their client has them. */
let ended: number;
beforeEach(async () => {
  ended = seen.asleep = 0;
  world = await openWorld(async (server, edge) => {
    server.addHook('onRequest', async (_request, { raw }) => void raw.once('close', () => ended++));
    await server.register(requestStats, { edge });
    await server.register(calls, { edge });
  });
});
afterEach(() => world.close());

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(world.url + path, init);
const stats = async () =>
  (await (await get('/stats')).json()) as {
    started: number;
    uptime: number;
    memory: string;
    requests: Record<string, number> & { latency: { p50: number; p99: number } };
    counters: { status_codes: Record<string, number>; total_reqs: number }[];
  };

describe('request stats', () => {
  it('count answers by class, in windows and since the start', async () => {
    for (const path of ['/greeter/hello', '/greeter/hello', '/nobody/there', '/greeter/fail'])
      await (await get(path)).text();
    await until(() => ended === 4);
    const { started, memory, requests, counters } = await stats();
    expect(Math.abs(started - Date.now() / 1_000)).toBeLessThan(30);
    expect(memory).toMatch(/^\d+\.\d\dmb$/);
    expect(requests).toMatchObject({ total: 4, in_flight: 1, '2xx': 2, '4xx': 1, '5xx': 1 });
    expect(requests.latency.p99).toBeGreaterThanOrEqual(requests.latency.p50);
    expect(counters.at(-1)).toMatchObject({
      ...{ total_reqs: 4, status_codes: { '20x': 2, '30x': 0, '40x': 1, '50x': 1 } },
    });
  });

  it('count who went before the answer, and what goes on', async () => {
    const controller = new AbortController();
    const gone = get('/greeter/sleep?ms=60000', { signal: controller.signal }).catch(() => 'gone');
    const stream = await get('/greeter/count?to=100000&size=10000');
    await until(() => seen.asleep === 1);
    expect((await stats()).requests).toMatchObject({ in_flight: 3, total: 0 });
    controller.abort();
    expect(await gone).toBe('gone');
    await stream.body?.cancel();
    await until(() => ended === 3);
    const { requests } = await stats();
    expect(requests).toMatchObject({ in_flight: 1, total: 3, '2xx': 2, '4xx': 1 });
  });

  it('tell how long it runs, whatever becomes of the clock', async () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 86_400_000);
    const { uptime } = await stats().finally(() => clock.mockRestore());
    expect(uptime).toBeLessThan(60);
  });

  it('are a page for browsers', async () => {
    const response = await get('/stats', { headers: { accept: 'text/html,*/*' } });
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(/script-src 'sha256-/);
    expect(await response.text()).toContain('<h1>Requests</h1>');
  });

  it('are there for Prometheus', async () => {
    await (await get('/greeter/hello')).text();
    await until(() => ended === 1);
    const text = await (await get('/metrics')).text();
    expect(text).toContain('micro_http_requests_total{class="2xx"} 1\n');
    expect(text).toContain('micro_http_requests_in_flight 1\n');
    expect(text).toMatch(/micro_http_request_duration_seconds\{quantile="0.99"\} 0\.\d+\n/);
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]+"\})? [\d.e+-]+)$/);
  });
});
