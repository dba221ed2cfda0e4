import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { calls } from './index.ts';
import { openWorld, seen, until } from './world.test.fixture.ts';
import type { World } from './world.test.fixture.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld((server, edge) => server.register(calls, { edge }));
  seen.aborted = 0;
  seen.sent = 0;
});
afterEach(() => world.close());

const get = (path: string, accept: string): Promise<Response> =>
  fetch(world.url + path, { headers: { accept } });

/** An answer of which nothing is read. */
const unread = (path: string): Promise<IncomingMessage> =>
  new Promise((resolve) =>
    request(world.url + path, resolve)
      .on('error', () => undefined)
      .end(),
  );

describe('a stream', () => {
  it('comes as server-sent events', async () => {
    const response = await get('/greeter/count?to=2', 'text/event-stream');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await response.text()).toBe(
      'id: 1\ndata: {"n":1,"pad":""}\n\nid: 2\ndata: {"n":2,"pad":""}\n\nevent: end\ndata: {}\n\n',
    );
  });

  it('comes in lines', async () => {
    const response = await get('/greeter/count?to=2', '*/*');
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(await response.text()).toBe('{"n":1,"pad":""}\n{"n":2,"pad":""}\n');
  });

  it('has a head alone if that is asked for', async () => {
    const headers = { accept: 'text/event-stream' };
    const url = `${world.url}/greeter/count?to=100000000`;
    const response = await fetch(url, { method: 'HEAD', headers });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await until(() => world.edge.streams.size === 0);
    expect(seen.sent).toBeLessThan(1_000);
  });

  it('that fails at once is an error like any', async () => {
    const response = await get('/greeter/count?to=0&fail=true', 'text/event-stream');
    expect(response.status).toBe(412);
    expect(await response.json()).toMatchObject({ code: 'failed_precondition' });
  });

  it.each([
    ['text/event-stream', /\n\nevent: error\ndata: (\{.*\})\n\n$/],
    ['application/x-ndjson', /\n\{"error":(.*)\}\n$/],
  ])('that fails later says so at its end: %s', async (accept, pattern) => {
    const response = await get('/greeter/count?to=1&fail=true', accept);
    expect(response.status).toBe(200);
    const [, problem = ''] = pattern.exec(await response.text()) ?? [];
    expect(JSON.parse(problem)).toMatchObject({
      ...{ code: 'failed_precondition', detail: 'no more', status: 412 },
    });
  });

  it('waits for a slow reader, and ends when it goes', async () => {
    const response = await unread('/greeter/count?to=100000&size=10000');
    let before = -1;
    while (seen.sent !== before) {
      before = seen.sent;
      await pause(200);
    }
    expect(seen.sent).toBeGreaterThan(0);
    expect(seen.sent).toBeLessThan(2_000);
    response.destroy();
    await until(() => seen.aborted === 1);
    await until(() => world.edge.streams.size === 0);
  });

  it('ends when the server is about to close, without an end', async () => {
    const response = await unread('/greeter/count?to=100000&size=10000');
    world.edge.streams.end();
    response.resume();
    let text = '';
    for await (const bytes of response) text = String(bytes);
    expect(text).not.toContain('event: end');
    const late = await get('/greeter/count', '*/*');
    expect(late.status).toBe(503);
  });
});
