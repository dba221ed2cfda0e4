import { registryKit } from '@micro-ts/testing';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import consul from './index.ts';

const withConsul = needsServer(describe, 'consul', true);

withConsul('the contract of registries', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('consul');
  });
  afterAll(() => server.close());
  registryKit({
    it,
    plugin: () => consul({ address: server.url }),
    unreachable: () => consul({ address: '127.0.0.1:1' }),
    server: {
      stop: () => server.stop(),
      start: () => server.start(),
      freeze: () => server.freeze(),
      thaw: () => server.thaw(),
    },
    shortestTtl: 1_000,
  });
});
