import { WebSocket } from 'ws';
import {
  foreignApp,
  Greeter,
  openApp,
  openSidecar,
  post,
  until,
  world,
} from './world.test.fixture.ts';
import { openSocket } from './socket.test.fixture.ts';

describe('calls', () => {
  it('go to any endpoint', async () => {
    const config = world();
    await openApp(config, new Greeter());
    const { url } = await openSidecar(config);
    const echo = { service: 'greeter', method: 'Greeter.Echo', request: {} };
    const echoed = await post(`${url}/rpc`, echo, { 'x-tenant': 'acme' });
    expect(await echoed.json()).toMatchObject({ metadata: { 'x-tenant': 'acme' } });
    const hello = { service: 'greeter', endpoint: 'Greeter.Hello', request: { name: 'Ann' } };
    expect(await (await post(`${url}/rpc`, hello)).json()).toEqual({ message: 'Hello Ann' });
    for (const path of ['/greeter/hello', '/greeter/greeter/hello', '/greeter/Greeter.Hello'])
      expect(await (await post(url + path, { name: 'Ann' })).json()).toEqual({
        message: 'Hello Ann',
      });
    const unknown = await post(`${url}/greeter/hello`, { name: 'nobody' });
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      expect.objectContaining({ code: 404, detail: 'there is no nobody', status: 'Not Found' }),
    ]);
    expect((await post(`${url}/nobody/hello`, {})).status).toBe(404);
    expect((await post(`${url}/greeter/nothing`, {})).status).toBe(404);
  });

  it('go to internal endpoints by their full names, at /rpc alone', async () => {
    const config = world();
    await openApp(config, new Greeter());
    const { url } = await openSidecar(config);
    const secret = { service: 'greeter', endpoint: 'Greeter.Secret', request: {} };
    expect(await (await post(`${url}/rpc`, secret)).json()).toEqual({ known: 'inside' });
    expect((await post(`${url}/greeter/Greeter.Secret`, {})).status).toBe(404);
  });

  it('stream requests to internal endpoints, where /rpc is told that they are a stream', async () => {
    const config = world();
    await openApp(config, new Greeter());
    const { url } = await openSidecar(config);
    const answers = async (endpoint: string, stream: string): Promise<readonly unknown[]> => {
      const query = new URLSearchParams({ service: 'greeter', endpoint, stream });
      const { socket, frames, closed } = await openSocket(`${url}/rpc?${query.toString()}`);
      for (const frame of ['{"n":1}', '{"n":2}', '']) socket.send(frame);
      const { code } = await closed;
      return [...frames, code];
    };
    expect(await answers('Greeter.Sum', 'true')).toEqual(['{"sum":3}', 1000]);
    expect(await answers('Greeter.Double', 'true')).toEqual(['{"n":2}', '{"n":4}', 1000]);
    await expect(answers('Greeter.Sum', 'yes')).rejects.toThrow('400');
  });

  it('go to apps that list no endpoints, by namespace too', async () => {
    const config = world();
    const { url } = await openSidecar(config, { namespace: 'go.micro.srv' });
    const app = await foreignApp();
    const nodes = [{ address: `127.0.0.1:${app.port}` }];
    await post(`${url}/registry`, { Name: 'go.micro.srv.greeter', Nodes: nodes });
    await until('called', async () => {
      const answer = await post(`${url}/greeter/say/hello`, { name: 'Ann' });
      return answer.status === 200 && (await answer.text()) === '{"message":"Hej Ann"}';
    });
    expect(app.calls[0]?.endpoint).toBe('Say.Hello');
    const exact = '{"name":"Ann","n":12345678901234567890.10}';
    const rpc = `{"service":"go.micro.srv.greeter","method":"Say.Hello","request":${exact}}`;
    expect((await post(`${url}/rpc`, rpc)).status).toBe(200);
    expect(app.calls.at(-1)?.body).toBe(exact);
    const got = await fetch(`${url}/greeter/say/hello?name=Eve`);
    expect(await got.json()).toEqual({ message: 'Hej Eve' });
    expect((await fetch(`${url}/greeter/say/hello`, { method: 'PUT' })).status).toBe(405);
  });

  it('say by path and by name alike that a service is gone', async () => {
    const config = world();
    const app = await openApp(config, new Greeter());
    const { url } = await openSidecar(config);
    const rpc = { service: 'greeter', method: 'Greeter.Hello', request: {} };
    expect((await post(`${url}/rpc`, rpc)).status).toBe(200);
    await app.close();
    await until('it is gone', async () => (await post(`${url}/greeter/hello`, {})).status === 503);
    for (const answer of [await post(`${url}/greeter/hello`, {}), await post(`${url}/rpc`, rpc)]) {
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await answer.json()).toMatchObject({ detail: 'no node of greeter is up' });
    }
  });

  it('go to an address, and say why there is no answer', async () => {
    const { url } = await openSidecar(world());
    const rpc = { service: 'greeter', method: 'Greeter.Hello', request: {} };
    const nobody = await post(`${url}/rpc`, { ...rpc, address: '127.0.0.1:1' });
    expect(nobody.status).toBe(503);
    expect(await nobody.text()).toContain('cannot connect to 127.0.0.1:1: ECONNREFUSED');
    const wrong = await post(`${url}/rpc`, { ...rpc, address: 'nonsense' });
    expect([wrong.status, await wrong.json()]).toMatchObject([
      400,
      { detail: '"nonsense" is no address: write host:port' },
    ]);
  });

  it('go to the version that is asked for', async () => {
    const config = world();
    await openApp(config, new Greeter());
    const { url } = await openSidecar(config);
    const rpc = { service: 'greeter', method: 'Greeter.Hello', request: { name: 'Ann' } };
    for (const [version, status] of [
      ['1.0.0', 200],
      ['9.0.0', 404],
    ] as const) {
      const headers = { 'micro-version': version };
      expect((await post(`${url}/rpc`, rpc, headers)).status).toBe(status);
      expect((await post(`${url}/greeter/hello`, rpc.request, headers)).status).toBe(status);
    }
  });

  it('are counted', async () => {
    const { url } = await openSidecar(world());
    await post(`${url}/nobody/hello`, {});
    const stats = await (await fetch(`${url}/stats`)).json();
    expect(stats).toMatchObject({ requests: { '4xx': 1 }, streams: 0 });
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('# TYPE');
  });

  it('stream in lines, as server-sent events and over a web socket', async () => {
    const config = world();
    await openApp(config, new Greeter());
    const { url } = await openSidecar(config);
    const lines = await post(`${url}/greeter/countdown`, { from: 2 });
    expect(await lines.text()).toBe('{"n":2}\n{"n":1}\n');
    const accept = { accept: 'text/event-stream' };
    const events = await post(`${url}/greeter/countdown`, { from: 2 }, accept);
    expect(await events.text()).toContain('data: {"n":2}\n\n');
    const socket = new WebSocket(`${url.replace('http', 'ws')}/greeter/countdown`);
    const frames: string[] = [];
    socket.on('message', (data) => frames.push(String(data)));
    socket.once('open', () => socket.send('{"from":2}'));
    const code = await new Promise((resolve) => socket.once('close', resolve));
    expect([code, frames]).toEqual([1000, ['{"n":2}', '{"n":1}']]);
  });
});
