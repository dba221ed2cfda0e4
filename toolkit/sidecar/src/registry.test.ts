import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { memory, MemoryNetwork } from '@micro-ts/memory';
import { ConfigError } from 'micro-ts';
import type { Config } from 'micro-ts';
import type { Greeter } from './world.test.fixture.ts';
import {
  afterwards,
  foreignApp,
  openApp,
  openSidecar,
  post,
  until,
  world,
} from './world.test.fixture.ts';

const service = (port: number, more: object = {}): object => ({
  name: 'greeter',
  version: '1.0.0',
  nodes: [{ id: 'greeter-1', address: '127.0.0.1', port, ...more }],
});

/** For a stream of what is registered. */
const headers = { accept: 'text/event-stream' };

/** Who watches its registry can be looked at. */
function worldWithRecords() {
  const network = new MemoryNetwork();
  const plugin = memory({ network });
  const config: Config = { ...world(), registry: plugin };
  return { config, network };
}

describe('/registry', () => {
  it('registers an app that Micro then calls directly', async () => {
    const config = world();
    const { url } = await openSidecar(config);
    const app = await foreignApp();
    const answer = await post(`${url}/registry?ttl=10s`, service(app.port));
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    const caller = await openApp(config);
    const greeter = caller.client<Greeter>('greeter');
    expect(await greeter.hello({ name: 'Ann' })).toEqual({ message: 'Hej Ann' });
    await expect(greeter.hello({ name: 'nobody' })).rejects.toMatchObject({
      code: 'not_found',
      message: 'there is no nobody',
    });
    expect(app.calls[0]).toEqual({ endpoint: 'Greeter.Hello', body: '{"name":"Ann"}' });
    const gone = await fetch(`${url}/registry`, {
      method: 'DELETE',
      body: JSON.stringify(service(app.port)),
    });
    expect([gone.status, await gone.text()]).toEqual([200, '']);
    expect(await caller.lookup('greeter')).toEqual([]);
  });

  it.each(['http', 'https'])('adds nothing to a web service, which speaks %s', async (protocol) => {
    const config = world();
    const { url } = await openSidecar(config);
    const app = await foreignApp();
    const metadata = { protocol, team: 'shop' };
    const caller = await openApp(config);
    await post(`${url}/registry`, service(app.port, { metadata }));
    expect((await caller.lookup('greeter')).map((node) => node.metadata)).toEqual([metadata]);
  });

  it('deregisters an app that is not well, and registers it when it is again', async () => {
    const config = world();
    const { url } = await openSidecar(config, { healthcheckInterval: 100 });
    const app = await foreignApp();
    const healthcheck = `http://localhost:${app.port}/health`;
    await post(`${url}/registry`, service(app.port, { healthcheck }));
    const caller = await openApp(config);
    const registered = async () => (await caller.lookup('greeter')).length;
    expect(await registered()).toBe(1);
    app.status = 500;
    await until('gone', async () => (await registered()) === 0);
    app.status = 200;
    await until('back', async () => (await registered()) === 1);
  });

  it('shows what is registered, and tells what changes', async () => {
    const config = world();
    const { url } = await openSidecar(config);
    const app = await foreignApp();
    const leave = new AbortController();
    afterwards(() => leave.abort());
    const headers = { accept: 'text/event-stream' };
    const watch = await fetch(`${url}/registry?service=greeter`, { headers, signal: leave.signal });
    let told = '';
    void (async () => {
      for await (const chunk of watch.body ?? []) told += Buffer.from(chunk).toString();
    })().catch(() => undefined);
    expect(await (await fetch(`${url}/registry`)).json()).toEqual([]);
    expect((await fetch(`${url}/registry?service=greeter`)).status).toBe(404);
    const two = [1, 2].map((n) => ({ id: `greeter-${n}`, address: `127.0.0.1:${app.port}` }));
    await post(`${url}/registry`, { name: 'greeter', version: '1.0.0', nodes: two });
    for (const query of ['', '?service=greeter']) {
      const all = (await (await fetch(`${url}/registry${query}`)).json()) as object[];
      expect(all).toEqual([
        expect.objectContaining({
          name: 'greeter',
          version: '1.0.0',
          nodes: two.map((node) => expect.objectContaining(node) as unknown),
        }),
      ]);
    }
    await until('told', () => told.includes('greeter-2'));
    await fetch(`${url}/registry`, {
      method: 'DELETE',
      body: JSON.stringify({ name: 'greeter', nodes: two }),
    });
    await until('told', () => told.includes('data: {"name":"greeter","services":[]}'));
  });

  it('tells a client that was stalled what is, not all that was', async () => {
    const config = world();
    const { url } = await openSidecar(config);
    const app = await openApp(config);
    const watch = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${url}/registry?service=greeter`, { headers, agent: false }, resolve).on(
        'error',
        reject,
      );
    });
    afterwards(() => watch.destroy());
    watch.pause();
    const changes = 40;
    const pad = 'x'.repeat(1_000_000);
    for (let n = 1; n <= changes; n++) {
      const metadata = { pad, n: `of ${n}` };
      const node = { service: 'greeter', version: '1.0.0', id: 'greeter-1', endpoints: [] };
      await app.register({ ...node, address: '127.0.0.1:1', metadata }, 600_000);
    }
    const told: string[] = [];
    let text = '';
    watch.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      told.push(...lines.flatMap((line) => /"n":"(of \d+)"/.exec(line)?.[1] ?? []));
    });
    watch.resume();
    await until('told', () => told.includes(`of ${changes}`), 30_000);
    expect(told.length).toBeLessThan(changes);
  }, 60_000);

  it('does not begin to tell where the registry cannot be watched', async () => {
    const { config, network } = worldWithRecords();
    const { url } = await openSidecar(config);
    jest.spyOn(network.records, 'listen').mockImplementationOnce(() => {
      throw new ConfigError('registry.memory', 'may not be watched');
    });
    const answer = await fetch(`${url}/registry`, { headers });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ code: 500 });
  });

  it('watches nothing for those whom it may not tell', async () => {
    const { config, network } = worldWithRecords();
    const { url } = await openSidecar(config, { sockets: 1 });
    const leave = new AbortController();
    afterwards(() => leave.abort());
    await fetch(`${url}/registry`, { headers, signal: leave.signal });
    const watched = jest.spyOn(network.records, 'listen');
    const left = jest.spyOn(network.records, 'unlisten');
    expect((await fetch(`${url}/registry`, { headers })).status).toBe(429);
    await until('left', () => left.mock.calls.length === 1);
    expect(left.mock.calls).toEqual(watched.mock.calls);
  });

  it('waits for an app that is not there yet', async () => {
    const config = world();
    const { url } = await openSidecar(config, { healthcheckInterval: 100 });
    const { port, server } = await foreignApp();
    await new Promise((resolve) => server.close(resolve));
    const answer = await post(`${url}/registry`, service(port));
    expect([answer.status, await answer.json()]).toEqual([
      202,
      { waiting: [{ id: 'greeter-1', reason: expect.stringContaining('ECONNREFUSED') as string }] },
    ]);
    const caller = await openApp(config);
    expect(await caller.lookup('greeter')).toEqual([]);
    await foreignApp(port);
    await until('registered', async () => (await caller.lookup('greeter')).length === 1);
  });

  it('registers what nobody looks at, and deregisters what others have registered', async () => {
    const config = world();
    const one = await openSidecar(config);
    const other = await openSidecar(config);
    const nowhere = { ...service(1), healthcheck: 'none' };
    expect((await post(`${one.url}/registry`, nowhere)).status).toBe(200);
    const caller = await openApp(config);
    expect(await caller.lookup('greeter')).toHaveLength(1);
    await fetch(`${other.url}/registry`, { method: 'DELETE', body: JSON.stringify(nowhere) });
    expect(await caller.lookup('greeter')).toEqual([]);
  });

  it('knows an app again that gives itself no id', async () => {
    const config = world();
    const { url } = await openSidecar(config);
    const { port } = await foreignApp();
    const unnamed = { name: 'greeter', nodes: [{ port }] };
    for (const _ of [1, 2]) await post(`${url}/registry`, unnamed);
    const caller = await openApp(config);
    const address = `127.0.0.1:${port}`;
    expect(await caller.lookup('greeter')).toMatchObject([{ id: `greeter-${address}`, address }]);
    await fetch(`${url}/registry`, { method: 'DELETE', body: JSON.stringify(unnamed) });
    expect(await caller.lookup('greeter')).toEqual([]);
  });

  it('deregisters all when it goes', async () => {
    const config = world();
    const { url, sidecar } = await openSidecar(config);
    const { port } = await foreignApp();
    await post(`${url}/registry`, service(port));
    const caller = await openApp(config);
    expect(await caller.lookup('greeter')).toHaveLength(1);
    await sidecar.close();
    expect(await caller.lookup('greeter')).toEqual([]);
  });

  it('registers the app beside it, and tells how it is', async () => {
    const config = world();
    const app = await foreignApp();
    const { url } = await openSidecar(config, {
      serverName: 'greeter',
      serverAddress: `127.0.0.1:${app.port}`,
      healthcheckUrl: `http://127.0.0.1:${app.port}/health`,
    });
    const caller = await openApp(config);
    await until('registered', async () => (await caller.lookup('greeter')).length === 1);
    const well = await fetch(`${url}/health`);
    expect([well.status, await well.text()]).toEqual([200, '']);
    app.status = 503;
    const unwell = await fetch(`${url}/health`);
    expect([unwell.status, await unwell.text()]).toEqual([503, 'Non 200 response: 503']);
    app.server.closeAllConnections();
    await new Promise((resolve) => app.server.close(resolve));
    const gone = await fetch(`${url}/health`);
    expect([gone.status, await gone.text()]).toEqual([
      500,
      expect.stringContaining('ECONNREFUSED'),
    ]);
  });

  it('tells how it is itself where there is no such app', async () => {
    const { url } = await openSidecar(world());
    const answer = await fetch(`${url}/health`);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      expect.objectContaining({ status: 'ok' }),
    ]);
  });

  const nodes = [{ id: 'x', address: '127.0.0.1:1' }];
  it.each<[problem: string, body: unknown]>([
    ['the body is not the JSON of a service', 'nope'],
    ['an object is missing', '[]'],
    ['nodes: there is none', { name: 'x' }],
    ['nodes: should be a list', { name: 'x', nodes: {} }],
    ['an object is missing', { name: 'x', nodes: ['y'] }],
    ['name: should be a text', { nodes }],
    ['name: should be a text', { name: 'a b', nodes }],
    ['name: should be a text', { name: 'x'.repeat(256), nodes }],
    ['id: should be a text', { name: 'x', nodes: [{ id: 1, address: '127.0.0.1:1' }] }],
    ['has no port', { name: 'x', nodes: [{ id: 'x', address: '127.0.0.1' }] }],
    ['not an address', { name: 'x', nodes: [{ id: 'x', address: 'a b:1' }] }],
    ['100 are the most', { name: 'x', nodes: Array(101).fill(nodes[0]) }],
    ['should be an http or https URL', { name: 'x', nodes, healthcheck: 'ftp://127.0.0.1/' }],
    ['is not where the app is', { name: 'x', nodes, healthcheck: 'http://169.254.169.254/' }],
    ['healthcheck: should be', { name: 'x', nodes, healthcheck: 7 }],
    ['an object is missing', { name: 'x', nodes, endpoints: [7] }],
  ])('refuses a service with a reason (%#: %s)', async (problem, body) => {
    const { url } = await openSidecar(world());
    const answer = await post(`${url}/registry`, body);
    expect([400, 403]).toContain(answer.status);
    expect(((await answer.json()) as { detail: string }).detail).toContain(problem);
  });

  it('keeps no more nodes than it may', async () => {
    const { url } = await openSidecar(world(), { registrations: 1 });
    const node = (id: string) => ({
      name: 'x',
      nodes: [{ id, address: '127.0.0.1:1' }],
      healthcheck: 'none',
    });
    expect((await post(`${url}/registry`, node('a'))).status).toBe(200);
    expect((await post(`${url}/registry`, node('a'))).status).toBe(200);
    expect((await post(`${url}/registry`, node('b'))).status).toBe(429);
  });
});
