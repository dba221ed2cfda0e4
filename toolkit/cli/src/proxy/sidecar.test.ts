import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sidecar } from './sidecar.ts';

const ends: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
  '/stalls': () => undefined,
  '/breaks': (response) => setTimeout(() => response.destroy(), 50),
  '/floods': (response) => response.end('x'.repeat(2_000_000)),
};
const server = createServer(({ url = '' }, response) => {
  response.writeHead(500).write('{"id":"gree');
  ends[url]?.(response);
});
beforeAll(async () => void (await once(server.listen(0, '127.0.0.1'), 'listening')));
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

it.each([
  ['/stalls', 'deadline_exceeded'],
  ['/breaks', 'unavailable'],
  ['/floods', 'resource_exhausted'],
])('an error of the sidecar that %s is an error of ours', async (path, code) => {
  const sidecar = new Sidecar(`127.0.0.1:${(server.address() as AddressInfo).port}`, undefined);
  const answer = sidecar.ask({ method: 'GET', path, timeout: 500 });
  await expect(answer).rejects.toMatchObject({ name: 'MicroError', code });
});
