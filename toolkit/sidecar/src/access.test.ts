import { request } from 'node:http';
import { readOptions } from './read-options.ts';
import { openSidecar, post, world } from './world.test.fixture.ts';

/** The status for a request with headers that `fetch` does not let anybody write. */
function statusOf(url: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, method }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.once('error', reject).end();
  });
}

describe('who may call', () => {
  it('is every program of the machine, and no web page', async () => {
    const { url } = await openSidecar(world(), { cors: ['https://good.example'] });
    expect(await statusOf(`${url}/registry`, {})).toBe(200);
    expect(await statusOf(`${url}/registry`, { host: 'localhost:8081' })).toBe(200);
    expect(await statusOf(`${url}/registry`, { host: 'evil.example' })).toBe(403);
    expect(await statusOf(`${url}/registry`, { origin: 'https://evil.example' })).toBe(403);
    expect(await statusOf(`${url}/registry`, { origin: 'null' })).toBe(403);
    expect(await statusOf(`${url}/nothing`, { host: 'evil.example' })).toBe(403);
    expect(await statusOf(`${url}/a/b`, { 'sec-fetch-site': 'cross-site' })).toBe(403);
    const good = { origin: 'https://good.example' };
    expect(await statusOf(`${url}/registry`, good)).toBe(200);
    expect(await statusOf(`${url}/registry`, good, 'OPTIONS')).toBe(204);
    expect(await statusOf(`${url}/registry`, { ...good, host: 'evil.example' })).toBe(403);
  });

  it('is known by every address, by more names where it is told, and visited by no page', async () => {
    const { url } = await openSidecar(world(), { hosts: ['Sidecar.example'] });
    for (const host of ['sidecar.example:8081', '10.0.0.5:8081', '[2001:db8::5]'])
      expect(await statusOf(`${url}/registry`, { host })).toBe(200);
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' };
    expect(await statusOf(`${url}/registry`, { ...link, 'sec-fetch-user': '?1' })).toBe(403);
    expect(await statusOf(`${url}/registry`, { origin: url })).toBe(200);
  });

  it('is who shows the token', async () => {
    const token = 'a token that is long enough';
    const { url, sidecar } = await openSidecar(world(), { token });
    expect(sidecar.lines.join()).not.toContain(token);
    expect(await statusOf(`${url}/registry`, {})).toBe(401);
    expect(await statusOf(`${url}/nothing`, {})).toBe(401);
    expect(
      await statusOf(`${url}/broker?topic=x`, { upgrade: 'websocket', connection: 'upgrade' }),
    ).toBe(401);
    expect(await statusOf(`${url}/registry`, { authorization: `Bearer ${token}` })).toBe(200);
    expect(await statusOf(`${url}/registry`, { 'x-micro-token': token })).toBe(200);
    expect(await statusOf(`${url}/registry`, { 'x-micro-token': `${token}x` })).toBe(401);
    const detailFor = async (headers: Record<string, string>): Promise<unknown> =>
      ((await (await fetch(url, { headers })).json()) as { detail: unknown }).detail;
    expect(await detailFor({})).toBe('show the token: Authorization: Bearer …');
    expect(await detailFor({ authorization: 'Bearer x' })).toMatch(/shown is another one$/);
  });

  it.each([
    ['GET', '/registry'],
    ['POST', '/registry'],
    ['PUT', '/registry'],
    ['GET', '/broker?topic=x'],
    ['POST', '/broker?topic=x'],
    ['POST', '/rpc'],
    ['GET', '/rpc?service=a&endpoint=A.B'],
    ['GET', '/health'],
    ['HEAD', '/health'],
    ['GET', '/stats'],
    ['GET', '/metrics'],
    ['POST', '/greeter/hello'],
    ['OPTIONS', '/greeter/hello'],
  ])('%s %s turns strangers away before it looks at anything', async (method, path) => {
    const token = 'a token that is long enough';
    const { url } = await openSidecar(world(), { token });
    const shown = { authorization: `Bearer ${token}` };
    const socket = { upgrade: 'websocket', connection: 'upgrade' };
    for (const more of method === 'GET' ? [{}, socket] : [{}]) {
      const status = (headers: Record<string, string>): Promise<number> =>
        statusOf(url + path, { ...more, ...headers }, method);
      expect(await status({})).toBe(401);
      expect(await status({ authorization: `Bearer ${token}x` })).toBe(401);
      expect(await status({ authorization: `Basic ${token}` })).toBe(401);
      expect(await status({ ...shown, 'x-micro-token': 'another' })).toBe(401);
      expect(await status({ ...shown, host: 'evil.example' })).toBe(403);
      expect(await status({ ...shown, origin: 'https://evil.example' })).toBe(403);
      expect(await status({ ...shown, 'sec-fetch-site': 'cross-site' })).toBe(403);
    }
  });

  it('needs a token beyond this machine, which is made and told once', async () => {
    const { sidecar } = await openSidecar(world(), { address: '0.0.0.0:0' });
    const { token = '' } = sidecar;
    expect(token).toMatch(/^[\w-]{32}$/);
    expect(sidecar.lines.at(-1)).toContain(token);
    const rpc = `${sidecar.url}/rpc`;
    expect((await post(rpc, {})).status).toBe(401);
    expect((await post(rpc, {}, { 'x-micro-token': token })).status).toBe(400);
  });

  it.each([
    [{ token: 'short' }, 'toolkit.sidecar.token'],
    [{ token: 'ends in a space, alas ' }, 'toolkit.sidecar.token'],
    [{ token: 'is no header’s text, alas' }, 'toolkit.sidecar.token'],
    [{ address: 'a b' }, 'toolkit.sidecar.address'],
    [{ serverName: 'x' }, 'Require server address'],
    [{ serverAddress: '127.0.0.1:1' }, 'Require server name'],
    [{ serverName: 'x', serverAddress: '127.0.0.1' }, 'has no port'],
    [{ healthcheckInterval: '10' }, 'toolkit.sidecar.healthcheckInterval'],
    [{ cors: ['https://shop.example/'] }, /cors\.0.*should be like https:\/\/shop\.example/],
    [{ cors: 'shop.example' }, /cors\.0.*should be like https:\/\/shop\.example/],
    [{ hosts: ['box.example:8081'] }, /hosts\.0.*should be a name like box\.example/],
    [{ hosts: '*, [::1]' }, /hosts\.1.*should be a name like box\.example/],
    [{ healthcheckHosts: ['http://x'] }, /healthcheckHosts\.0.*should be like box\.example/],
    [{ healthcheckHosts: ':80,8080' }, /healthcheckHosts\.1.*should be like box\.example/],
    [{ headerLimit: 1 }, /headerLimit.*1024/],
  ])('is not started with %j', async (options, problem) => {
    await expect(openSidecar(world(), options)).rejects.toThrow(problem);
  });

  it('is known by names, origins and places in the forms that are compared', async () => {
    const settings = readOptions({
      cors: 'https://Shop.example, capacitor://localhost,',
      hosts: ['*', 'Box.example', '2001:db8::5'],
      healthcheckHosts: ['Box', 'box:80', ':80', '[fe80::1]:80', 'fe80::1', '*'],
    });
    expect(settings).toMatchObject({
      cors: ['https://shop.example', 'capacitor://localhost'],
      hosts: ['*', 'box.example', '2001:db8::5'],
      healthcheckHosts: ['box', 'box:80', ':80', '[fe80::1]:80', 'fe80::1', '*'],
    });
  });

  it('is told when the address is taken', async () => {
    const { sidecar } = await openSidecar(world());
    const again = openSidecar(world(), { address: sidecar.address });
    await expect(again).rejects.toThrow(`${sidecar.address} is taken`);
  });
});
