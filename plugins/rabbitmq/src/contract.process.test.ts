import { brokerKit } from '@micro-ts/testing';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { deadLettersOf } from './look.test.fixture.ts';
import { rabbitmq } from './index.ts';

needsServer(
  describe,
  'rabbitmq',
  true,
)('the broker on RabbitMQ', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('rabbitmq', { keepData: true });
  }, 120_000);
  afterAll(() => server.close());

  brokerKit({
    it,
    plugin: () => rabbitmq({ address: server.url, retryDelay: 100 }),
    unreachable: () => rabbitmq({ address: 'amqp://127.0.0.1:1' }),
    deadLetters: (topic) => deadLettersOf(server.url, topic),
    server: {
      stop: () => server.stop(),
      start: () => server.start(),
      freeze: () => server.freeze(),
      thaw: () => server.thaw(),
    },
  });
});
