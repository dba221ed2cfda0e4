import { registryKit } from '@micro-ts/testing';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import etcd from './index.ts';

needsServer(
  describe,
  'etcd',
  true,
)('the contract of registries, on etcd', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startServer('etcd')));
  afterAll(() => server.close());
  registryKit({
    it,
    plugin: () => etcd({ addresses: server.url }),
    unreachable: () => etcd({ addresses: '127.0.0.1:1' }),
    server: {
      stop: () => server.stop(),
      start: () => server.start(),
      freeze: () => server.freeze(),
      thaw: () => server.thaw(),
    },
  });
});
