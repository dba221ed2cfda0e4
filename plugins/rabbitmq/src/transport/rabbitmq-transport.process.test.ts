import { transportKit } from '@micro-ts/testing';
import type { ServerUnderTest } from '@micro-ts/testing';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import rabbitmq from '../index.ts';

needsServer(
  describe,
  'rabbitmq',
  true,
)('the transport on RabbitMQ, when its server dies', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('rabbitmq');
  });
  afterAll(() => server.close());
  const hands: ServerUnderTest = {
    stop: () => server.stop(),
    start: () => server.start(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
  };

  transportKit({
    it: (name, test, timeout) =>
      name.includes('its server') ? it(name, test, timeout) : undefined,
    plugin: () => rabbitmq({ address: server.url }),
    unreachable: () => rabbitmq({ address: 'amqp://127.0.0.1:1' }),
    server: hands,
  });
});
