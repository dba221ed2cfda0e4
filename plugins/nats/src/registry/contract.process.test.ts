import { registryKit } from '@micro-ts/testing';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import nats from '../index.ts';

needsServer(
  describe,
  'nats',
  true,
)('the registry on NATS', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('nats');
  });
  afterAll(() => server.close());

  registryKit({
    it,
    plugin: () => nats({ servers: server.url }),
    unreachable: () => nats({ servers: 'nats://127.0.0.1:1' }),
    server: {
      stop: () => server.stop(),
      start: () => server.start(),
      freeze: () => server.freeze(),
      thaw: () => server.thaw(),
    },
    shortestTtl: 1_000,
  });
});
