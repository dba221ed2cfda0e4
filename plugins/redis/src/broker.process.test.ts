import { brokerKit } from '@micro-ts/testing';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { Redis } from 'ioredis';
import { topicKeys } from './keys.ts';
import { redis } from './index.ts';
import { decodeEnvelope } from '@micro-ts/wire';

needsServer(
  describe,
  'redis',
  true,
)('the broker on redis keeps its contract', () => {
  let server: TestServer;
  let client: Redis;
  beforeAll(async () => {
    server = await startServer('redis');
    client = new Redis(server.url, { lazyConnect: true });
    client.on('error', () => undefined);
  });
  afterAll(async () => {
    client.disconnect();
    await server.close();
  });

  brokerKit({
    it,
    plugin: () => redis({ address: server.url }),
    unreachable: () => redis({ address: 'redis://127.0.0.1:1' }),
    server: {
      start: () => server.start(),
      stop: () => server.stop(),
      freeze: () => server.freeze(),
      thaw: () => server.thaw(),
    },
    deadLetters: async (topic) => {
      const letters = await client.xrange(topicKeys('micro', topic).dead, '-', '+');
      return letters.map(([, [, envelope = '']]) => decodeEnvelope(envelope));
    },
  });
});
