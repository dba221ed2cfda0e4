import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProxyMicro } from './proxy-micro.ts';

/** Tells of one service to who watches. */
const server = createServer(({ url = '' }, response) => {
  const data = url.includes('nonsense') ? 'nonsense' : '{"name":"greeter","services":[]}';
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`data: ${data}\n\n`);
  watchers.push(response);
});
const watchers: ServerResponse[] = [];
beforeAll(async () => void (await once(server.listen(0, '127.0.0.1'), 'listening')));
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const open = (): ReturnType<typeof createProxyMicro> =>
  createProxyMicro(`127.0.0.1:${(server.address() as AddressInfo).port}`);

it('ends a watch with the error of its listener, and leaves the sidecar', async () => {
  const mistake = new TypeError('mistake of the listener');
  const watch = await open().watch(() => {
    throw mistake;
  });
  expect(await watch.closed).toBe(mistake);
  const response = watchers.pop();
  if (response?.closed === false) await once(response, 'close');
});

it('says that what it listens to is no sidecar', async () => {
  const ignore = (): undefined => undefined;
  for (const listening of [
    await open().watch(ignore, 'nonsense'),
    await open().subscribe('nonsense', async () => undefined),
  ])
    expect(await listening.closed).toMatchObject({
      code: 'data_loss',
      message: 'what answers is no sidecar: it tells no JSON',
    });
});

it('says of a watch that the sidecar has gone', async () => {
  let told: readonly string[] = [];
  const watch = await open().watch((changed) => {
    told = [...changed.keys()];
    watchers.pop()?.destroy();
  });
  expect(await watch.closed).toMatchObject({
    code: 'unavailable',
    message: 'the sidecar has gone',
  });
  expect(told).toEqual(['greeter']);
});

it.each([
  ['a gateway', '{"id":"micro.edge","code":404,"detail":"no service registry is registered"}'],
  ['another server', '<h1>Not Found</h1>'],
])('says of %s that it is no sidecar', async (_, text) => {
  const other = createServer((_request, response) => response.writeHead(404).end(text));
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const micro = createProxyMicro(`127.0.0.1:${(other.address() as AddressInfo).port}`);
  await expect(micro.list()).rejects.toMatchObject({
    code: 'data_loss',
    message: expect.stringMatching(/is no sidecar: .+ --proxy wants the address of micro sidecar$/),
  });
  other.closeAllConnections();
  other.close();
});
