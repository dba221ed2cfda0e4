import type { Delivery } from '@micro-ts/interface';
import { brokerKit } from '@micro-ts/testing';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import nats from '../index.ts';
import { readDeadLetters } from './dead-letters.test.fixture.ts';

needsServer(
  describe,
  'nats',
  true,
)('the broker on NATS', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('nats');
  });
  afterAll(() => server.close());

  brokerKit({
    it,
    plugin: () => nats({ servers: server.url }),
    unreachable: () => nats({ servers: 'nats://127.0.0.1:1' }),
    server: {
      stop: () => server.stop(),
      start: () => server.start(),
      freeze: () => server.freeze(),
      thaw: () => server.thaw(),
    },
    deadLetters: async (topic) =>
      (await readDeadLetters(server.url, topic)).map(({ event }): Delivery => event),
  });
});
