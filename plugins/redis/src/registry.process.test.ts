import { registryKit } from '@micro-ts/testing';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { redis } from './index.ts';

needsServer(
  describe,
  'redis',
  true,
)('the registry on redis keeps its contract', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('redis');
  });
  afterAll(() => server.close());

  registryKit({
    it,
    plugin: () => redis({ address: server.url }),
    unreachable: () => redis({ address: 'redis://127.0.0.1:1' }),
    shortestTtl: 1_000,
    server: {
      start: () => server.start(),
      stop: () => server.stop(),
      freeze: () => server.freeze(),
      thaw: () => server.thaw(),
    },
  });
});
