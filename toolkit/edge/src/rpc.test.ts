import { WebSocket } from 'ws';
import { rpc, sockets } from './index.ts';
import { openWorld, seen } from './world.test.fixture.ts';
import type { World } from './world.test.fixture.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld((server, edge) => server.register(rpc, { edge }));
});
afterAll(() => world.close());

const post = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${world.url}/rpc`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...headers },
  });

describe('/rpc', () => {
  it.each([
    ['an object', '{"service":"greeter","method":"Greeter.Hello","request":{"name":"Ann"}}'],
    ['a text', '{"service":"greeter","method":"Greeter.Hello","request":"{\\"name\\":\\"Ann\\"}"}'],
    ['other keys', '{"Service":"greeter","Endpoint":"greeter.hello","REQUEST":{"name":"Ann"}}'],
  ])('takes %s', async (_what, body) => {
    const response = await post(body);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject({ message: 'Hello Ann' });
  });

  it('takes a form', async () => {
    const body = new URLSearchParams({
      service: 'greeter',
      method: 'Greeter.Hello',
      request: '{"name":"Ann"}',
    });
    const response = await fetch(`${world.url}/rpc`, { method: 'POST', body });
    expect(await response.json()).toMatchObject({ message: 'Hello Ann' });
  });

  it.each([
    ['not JSON', 400, 'go.micro.rpc', 'the body is not JSON'],
    ['[]', 400, 'go.micro.rpc', 'the body should be a JSON object'],
    ['{"method":"x"}', 400, 'go.micro.rpc', 'invalid service'],
    ['{"service":"greeter"}', 400, 'go.micro.rpc', 'invalid method'],
    [
      '{"service":"greeter","method":"Greeter.Hello","request":"{"}',
      400,
      'go.micro.rpc',
      'error decoding request string: the body is not JSON',
    ],
    [
      '{"service":"greeter","method":"Greeter.Hello","address":"127.0.0.1:1"}',
      400,
      'go.micro.rpc',
      'address is not allowed here',
    ],
    ['{"service":"nobody","method":"A.B"}', 404, 'micro.edge', 'no service nobody is registered'],
    [
      '{"service":"greeter","method":"Greeter.Secret"}',
      404,
      'micro.edge',
      'greeter has no endpoint Greeter.Secret',
    ],
    [
      '{"service":"greeter","method":"Debug.Stats"}',
      404,
      'micro.edge',
      'greeter has no endpoint Debug.Stats',
    ],
    [
      '{"service":"greeter","method":"Greeter.Fail","request":{"code":"already_exists"}}',
      409,
      'greeter',
      'as asked',
    ],
    ['{"service":"greeter","method":"Greeter.Fail"}', 500, 'greeter', 'internal error'],
  ])('answers %s with %d', async (body, status, id, detail) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ id, code: status, detail });
  });

  it('passes what the rules say', async () => {
    const body = '{"service":"greeter","method":"Greeter.Hello"}';
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { authorization: 'Bearer x', cookie: 'a=b', 'x-other': '1' };
    await post(body, { ...headers, 'x-request-id': 'r-1', traceparent: parent });
    expect(seen.metadata).toEqual({
      authorization: 'Bearer x',
      'x-request-id': 'r-1',
      traceparent: parent,
    });
  });

  it('is POST only', async () => {
    const response = await fetch(`${world.url}/rpc`);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });

  it('writes errors as problems if asked', async () => {
    const response = await post('{}', {
      accept: 'application/problem+json',
      'x-request-id': 'r-2',
    });
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toEqual({
      type: 'urn:micro:error:invalid_argument',
      title: 'Invalid argument',
      status: 400,
      detail: 'invalid service',
      instance: '/rpc',
      code: 'invalid_argument',
      requestId: 'r-2',
    });
  });
});

describe('/rpc where it may do more', () => {
  let open: World;
  beforeAll(async () => {
    open = await openWorld(async (server, edge) => {
      await server.register(sockets);
      await server.register(rpc, { edge, path: '/call', addresses: true, unlisted: true });
    });
  });
  afterAll(() => open.close());

  const call = (body: Record<string, unknown>): Promise<Response> =>
    fetch(`${open.url}/call`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    });

  it('calls a node by its address', async () => {
    const address = open.edge.directory.service('greeter')?.nodes[0]?.address;
    const response = await call({ service: 'greeter', method: 'Greeter.Hello', address });
    expect(await response.json()).toMatchObject({ message: 'Hello undefined' });
    const nobody = await call({
      service: 'greeter',
      method: 'Greeter.Hello',
      address: 'memory:99',
    });
    expect(nobody.status).toBe(503);
    expect(await nobody.text()).toContain('nobody listens at memory:99');
  });

  it.each(['nonsense', 5, '5', 'a b:80', '127.0.0.1:0', 'http://', ':99999'])(
    'says what an address is, which %j is not',
    async (address) => {
      const response = await call({ service: 'greeter', method: 'Greeter.Hello', address });
      const detail = `"${address}" is no address: write host:port`;
      expect([response.status, await response.json()]).toMatchObject([400, { detail }]);
    },
  );

  it('calls what no record lists', async () => {
    const response = await call({ service: 'greeter', method: 'Greeter.Secret' });
    expect(await response.json()).toEqual({ secret: true });
  });

  it('answers with a stream in lines', async () => {
    const response = await call({
      service: 'greeter',
      method: 'Greeter.Count',
      request: { to: 2 },
    });
    expect(await response.text()).toBe('{"n":1,"pad":""}\n{"n":2,"pad":""}\n');
  });

  /** The messages that a web socket brings, and how it was closed. */
  function talk(query: Record<string, string>, ...said: string[]): Promise<string[]> {
    const url = `${open.url.replace('http', 'ws')}/call?${new URLSearchParams(query).toString()}`;
    const socket = new WebSocket(url);
    const heard: string[] = [];
    socket.on('message', (data) => heard.push(String(data)));
    socket.on('open', () => said.forEach((text) => socket.send(text)));
    socket.on('error', (error) => heard.push(error.message));
    return new Promise((resolve) =>
      socket.on('close', (code, reason) => resolve([...heard, `${code} ${String(reason)}`])),
    );
  }

  it('is a web socket whose messages are the requests, and nothing but they', async () => {
    const sum = { service: 'greeter', endpoint: 'Greeter.Sum' };
    expect(await talk(sum, '{"n":1}', '{"n":2}', '')).toEqual(['{"sum":3}', '1000 ']);
    const address = open.edge.directory.service('greeter')?.nodes[0]?.address ?? '';
    expect(await talk({ ...sum, address }, '{"n":5}', '')).toEqual(['{"sum":5}', '1000 ']);
    const [hello] = await talk({ service: 'greeter', method: 'Greeter.Hello' }, '{"name":"Ann"}');
    expect(JSON.parse(hello ?? '')).toEqual({ message: 'Hello Ann', got: { name: 'Ann' } });
    expect(await talk({ service: 'greeter', method: 'Greeter.Secret' }, '')).toEqual([
      '{"secret":true}',
      '1000 ',
    ]);
  });

  it.each([
    ['no endpoint', { service: 'greeter' }, 'Unexpected server response: 400'],
    ['nobody', { service: 'nobody', endpoint: 'A.B' }, '4404 not_found: no service nobody'],
  ])('refuses a web socket for %s', async (_what, query, reason) => {
    expect((await talk(query, '')).join()).toContain(reason);
  });
});
